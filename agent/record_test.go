package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/agent/history"
	"homeport/backup"
	"homeport/cause"
	"homeport/preflight"
)

// recorded is a recorder with its history.
func recorded(t *testing.T) (*Recorder, *history.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	r := NewRecorder(history.Open(path, history.Options{}), func(err error) { t.Errorf("warned: %v", err) })
	t.Cleanup(func() { _ = r.Close() })
	return r, history.Open(path, history.Options{})
}

// script tells a recorder events of one phone, a second apart, and closes it.
func script(t *testing.T, events ...Event) []history.Run {
	t.Helper()
	r, db := recorded(t)
	at := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	for i, e := range events {
		if e.Phone == nil {
			e.Phone = &Phone{UDID: udidAnna, Name: "Anna", Connection: "USB", IOSVersion: "18.5"}
		}
		if e.Time.IsZero() {
			e.Time = at.Add(time.Duration(i) * time.Second)
		}
		r.Tell(e)
	}
	must(t, r.Close())
	list, err := db.Runs(t.Context(), history.Filter{})
	must(t, err)
	return list
}

func progress(p backup.Phase, bytes int64) Event {
	return Event{Kind: Progress, Run: "20261125T100000Z-0001", Progress: &RunProgress{Phase: p, Bytes: bytes}}
}

func failure(id cause.ID) Event {
	return Event{Kind: Failed, Cause: id, Error: &Failure{Cause: id, Message: "why " + string(id), Evidence: cause.Evidence{"free": 5}}}
}

// inOneLine is a run in one line.
func inOneLine(r history.Run) string {
	s := fmt.Sprintf("%s %s %q %s", r.Outcome, r.Cause, r.Message, r.Version)
	for _, p := range r.Phases {
		s += fmt.Sprintf(" %s=%g", p.Phase, p.Seconds)
	}
	if r.Times > 0 {
		s += fmt.Sprintf(" x%d", r.Times)
	}
	return s
}

// TestRecord tells stories, and reads what is left of them, the newest first.
func TestRecord(t *testing.T) {
	t.Parallel()
	plug, unplug := Event{Kind: Plugged}, Event{Kind: Unplugged}
	checked := Event{Kind: Preflight}
	unlock := Event{Kind: Waiting, Cause: cause.DeviceLocked, Message: "unlock the iPhone"}
	next := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	notDue := Event{Kind: Skipped, Message: "backed up 3 h ago; next from 18:40", Next: &next}
	finished := Event{Kind: Finished, Result: &Result{Version: "20261125T100000Z-0001", Files: 5, Bytes: 100, NewBytes: 50, Seconds: 4.5, Engine: "native",
		Notes: []*Failure{{Cause: cause.BackupSlow, Message: "slow"}}}}
	for name, c := range map[string]struct {
		events []Event
		want   []string
	}{
		"backed up": {
			[]Event{plug, checked, progress(backup.PhaseConnecting, 0), progress(backup.PhaseReceiving, 10), progress(backup.PhaseReceiving, 90), progress(backup.PhaseFinishing, 90), {Kind: Verified}, finished, notDue, unplug},
			[]string{`backed-up  "" 20261125T100000Z-0001 checks=1 connecting=1 receiving=2 finishing=2`},
		},
		"failed in the middle": {
			[]Event{plug, checked, progress(backup.PhaseReceiving, 10), failure(cause.HostDiskFull), unplug},
			[]string{`failed host-disk-full "why host-disk-full" 20261125T100000Z-0001 checks=1 receiving=1`},
		},
		"failed before it began, and what is told next is no other reason": {
			[]Event{plug, checked, failure(cause.HostDiskFull), {Kind: Skipped, Cause: cause.HostDiskFull, Message: "the next try is at 11:00", Next: &next}, unplug},
			[]string{`failed host-disk-full "why host-disk-full" `},
		},
		"a link that goes is told after the phone": {
			[]Event{plug, checked, progress(backup.PhaseReceiving, 10), unplug, failure(cause.DeviceDisconnected)},
			[]string{`failed device-disconnected "why device-disconnected" 20261125T100000Z-0001 checks=1 receiving=2`},
		},
		"not due, again and again": {
			[]Event{plug, notDue, unplug, plug, notDue, unplug, plug, notDue},
			[]string{`skipped  "backed up 3 h ago; next from 18:40"  x3`},
		},
		"waited in vain": {
			[]Event{plug, unlock, unplug},
			[]string{`skipped device-locked "unplugged before it was unlocked"  x1`},
		},
		"gone while it was checked": {
			[]Event{plug, unlock, checked, unplug},
			[]string{`skipped  "unplugged before the backup began"  x1`},
		},
		"nothing happened":       {[]Event{plug, unplug}, nil},
		"busy":                   {[]Event{plug, checked, failure(cause.AlreadyRunning)}, []string{`skipped already-running "why already-running"  x1`}},
		"cancelled at the phone": {[]Event{plug, checked, progress(backup.PhaseWaiting, 0), failure(cause.DeviceCancelled)}, []string{`cancelled device-cancelled "why device-cancelled" 20261125T100000Z-0001 checks=1 waiting=1`}},
		"stopped":                {[]Event{plug, checked, progress(backup.PhaseWaiting, 0), failure(cause.HostShutdown)}, []string{`interrupted host-shutdown "why host-shutdown" 20261125T100000Z-0001 checks=1 waiting=1`}},
		"never told":             {[]Event{plug, checked, progress(backup.PhaseWaiting, 0)}, []string{`interrupted  "" 20261125T100000Z-0001`}},
		"a second try":           {[]Event{plug, checked, failure(cause.DeviceBusy), unlock, checked, progress(backup.PhaseReceiving, 1), finished}, nil},
		"no backup at all":       {[]Event{{Kind: Progress, Progress: &RunProgress{Phase: backup.PhaseSending}}, {Kind: Service, Message: "usbmuxd is there", Phone: &Phone{}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := script(t, c.events...)
			if name == "a second try" {
				if len(list) != 2 || list[0].Outcome != history.BackedUp || list[0].Started.Before(list[1].Started) {
					t.Errorf("%+v", list)
				}
				return
			}
			var got []string
			for _, r := range list {
				got = append(got, inOneLine(r))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestRecordWhatARunWas looks at all that is kept of a good run.
func TestRecordWhatARunWas(t *testing.T) {
	t.Parallel()
	r := script(t,
		Event{Kind: Preflight, Findings: []preflight.Finding{{Check: "encryption", Status: preflight.Info, Cause: cause.EncryptionOff}, {Check: "room", Status: preflight.Pass}}},
		progress(backup.PhaseReceiving, 0), progress(backup.PhaseReceiving, 3e6), progress(backup.PhaseFinishing, 3e6),
		Event{Kind: Finished, Result: &Result{Version: "20261125T100000Z-0001", Files: 5, Bytes: 100, NewBytes: 50, Full: true, Seconds: 4.5, Engine: "native",
			Notes: []*Failure{{Cause: cause.BackupSlow, Message: "slow"}}}})[0]
	if r.Received != 3e6 || r.Speed != 1.5e6 || r.Seconds != 4.5 || !r.Full || r.Engine != "native" || r.Files != 5 || r.IOSVersion != "18.5" || r.Connection != "USB" || r.Name != "Anna" {
		t.Errorf("%+v", r)
	}
	if len(r.Findings) != 2 || r.Findings[0].Check != "encryption" || r.Findings[1].Cause != cause.BackupSlow || r.Findings[0].Sentence == "" {
		t.Errorf("%+v", r.Findings)
	}
}

// TestRecorderWithoutAFile cannot write at all: it warns once and keeps nobody waiting.
func TestRecorderWithoutAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	warned := make(chan error, 100)
	r := NewRecorder(history.Open(filepath.Join(file, "history.db"), history.Options{}), func(err error) { warned <- err })
	for range 2 * mostWritings {
		r.Tell(Event{Kind: Plugged, Time: time.Now(), Phone: &Phone{UDID: udidAnna}})
	}
	if err := <-warned; err == nil {
		t.Error("warned of nothing")
	}
	if list := r.left(t.Context()); list != nil {
		t.Errorf("left %+v", list)
	}
	must(t, r.Close())
	if len(warned) != 0 {
		t.Errorf("warned again: %v", <-warned)
	}
}

// TestRecorderCatchesUp has a history that cannot be written for a while.
func TestRecorderCatchesUp(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "state")
	must(t, os.WriteFile(folder, nil, 0o600))
	path := filepath.Join(folder, "history.db")
	warned := make(chan error, 1)
	r := NewRecorder(history.Open(path, history.Options{}), func(err error) { warned <- err })
	e := progress(backup.PhaseReceiving, 1)
	e.Phone, e.Time = &Phone{UDID: udidAnna}, time.Now()
	r.Tell(e)
	<-warned
	must(t, os.Remove(folder))
	f := failure(cause.HostDiskFull)
	f.Phone, f.Time = e.Phone, time.Now()
	r.Tell(f)
	must(t, r.Close())
	list, err := history.Open(path, history.Options{}).Runs(t.Context(), history.Filter{})
	if err != nil || len(list) != 1 || list[0].Outcome != history.Failed {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestRecorderThatBreaks has one change of the history panic: it is told, and what comes after it
// is written.
func TestRecorderThatBreaks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	warned := make(chan error, 1)
	r := NewRecorder(history.Open(path, history.Options{}), func(err error) { warned <- err })
	r.later(func(context.Context, *history.DB) error { panic("a mistake of ours") })
	if err := <-warned; !isPanic(err) {
		t.Errorf("warned of %v", err)
	}
	f := failure(cause.HostDiskFull)
	f.Phone, f.Time = &Phone{UDID: udidAnna}, time.Now()
	r.Tell(f)
	must(t, r.Close())
	list, err := history.Open(path, history.Options{}).Runs(t.Context(), history.Filter{})
	if err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestHistoryOfAPhone lives through a day of a real agent with a simulated phone.
func TestHistoryOfAPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, db := recorded(t)
	w.record = r
	w.configure(t, map[string]string{"min_interval": "24h"})
	stop := w.start(t)
	w.phone.Attach()
	w.diary.await(t, Finished)
	w.phone.Detach()
	w.diary.await(t, Unplugged)
	w.phone.Attach()
	w.diary.await(t, Skipped)
	stop()
	must(t, r.Close())
	list, err := db.Runs(t.Context(), history.Filter{})
	must(t, err)
	var got []history.Outcome
	for _, r := range list {
		got = append(got, r.Outcome)
	}
	if fmt.Sprint(got) != "[skipped backed-up]" {
		t.Fatalf("%v: %+v", got, list)
	}
	if good := list[1]; good.Version == "" || good.Files == 0 || len(good.Phases) < 2 || good.Name != w.phone.Spec().Name {
		t.Errorf("%+v", good)
	}
	phones, err := db.Phones(t.Context())
	if err != nil || len(phones) != 1 || phones[0].LastVersion != list[1].Version || phones[0].Name != w.phone.Spec().Name {
		t.Errorf("%+v, %v", phones, err)
	}
}

// dies has a recorder's process die in the middle of a run that makes version.
func dies(t *testing.T, path, version string) {
	t.Helper()
	db := history.Open(path, history.Options{})
	_, err := db.Begin(t.Context(), history.Run{UDID: udidAnna, Name: "Anna", Started: time.Now().Add(-time.Minute), Version: version})
	must(t, err)
	must(t, db.Close()) // gives back its lock, as the system does
}

// TestInterruptedRunIsToldOnce joins what the destination and the history know of runs
// that a kill ended: each is told once, and one that was done after all is not told.
func TestInterruptedRunIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	done := w.backup(t, Request{})
	if done.Err != nil {
		t.Fatal(done.Err)
	}
	w.leave(t)
	staging, err := filepath.Glob(filepath.Join(w.dest, ".homeport", udidAnna, "staging", "*"))
	if err != nil || len(staging) != 1 {
		t.Fatal(staging, err)
	}
	r, db := recorded(t)
	w.record = r
	dies(t, db.Path(), filepath.Base(staging[0]))
	dies(t, db.Path(), "20261125T100000Z-0099") // of which no destination knows
	dies(t, db.Path(), string(done.Result.Version))
	for range 3 {
		w.agent().tellLeft(t.Context())
	}
	notes := w.diary.all(Note)
	if len(notes) != 2 || notes[0].Run != filepath.Base(staging[0]) || !strings.Contains(notes[0].Message, "goes on from there") ||
		notes[1].Run != "20261125T100000Z-0099" || !strings.Contains(notes[1].Message, "is made when the iPhone is plugged in") {
		t.Errorf("told %+v", notes)
	}
	must(t, r.Close())
	list, err := db.Runs(t.Context(), history.Filter{})
	must(t, err)
	outcomes := map[string]history.Outcome{}
	for _, r := range list {
		outcomes[r.Version] = r.Outcome
	}
	if len(list) != 3 || outcomes[filepath.Base(staging[0])] != history.Interrupted || outcomes["20261125T100000Z-0099"] != history.Interrupted || outcomes[string(done.Result.Version)] != history.BackedUp {
		t.Errorf("%+v", list)
	}
	if left, err := db.Left(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left %+v, %v", left, err)
	}
}

// TestRecorderAfterClose is told what comes too late.
func TestRecorderAfterClose(t *testing.T) {
	t.Parallel()
	r, _ := recorded(t)
	must(t, r.Close())
	r.Tell(Event{Kind: Plugged, Phone: &Phone{UDID: udidAnna}, Time: time.Now()})
	if list := r.left(t.Context()); list != nil {
		t.Errorf("%+v", list)
	}
	var none *Recorder
	none.Tell(Event{Kind: Plugged, Phone: &Phone{UDID: udidAnna}})
	must(t, errors.Join(none.Close(), r.Close()))
}
