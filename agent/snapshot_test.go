package agent

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"homeport/agent/history"
	"homeport/agent/status"
	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
	"homeport/usbmux"
)

// run runs an agent until the test ends.
func (w *world) run(t testing.TB, a *Agent) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = a.Run(ctx, watcher) })
	t.Cleanup(func() {
		cancel(errStop)
		running.Wait()
		_ = watcher.Close()
	})
}

// one is the only phone of a picture.
func one(t testing.TB, a *Agent) status.Phone {
	t.Helper()
	s := a.Snapshot(context.Background())
	if len(s.Phones) != 1 {
		t.Fatalf("%d phones: %+v", len(s.Phones), s.Phones)
	}
	return s.Phones[0]
}

// awaitState waits until the only phone stands so.
func awaitState(t testing.TB, a *Agent, want status.State) status.Phone {
	t.Helper()
	var p status.Phone
	eventually(t, "the phone is "+string(want), func() bool {
		if s := a.Snapshot(context.Background()); len(s.Phones) == 1 {
			p = s.Phones[0]
		}
		return p.State == want
	})
	return p
}

// TestSnapshotTellsTheStory looks at a phone from its plug-in to long after.
func TestSnapshotTellsTheStory(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Passcode.Mode = simulator.PasscodeManual
	w := newWorld(t, spec)
	w.configure(t, map[string]string{"min_interval": "24h"})
	a := w.agent()
	if s := a.Snapshot(t.Context()); len(s.Phones) != 0 || len(s.Destinations) != 1 || !s.Destinations[0].There || s.Destinations[0].Free == 0 {
		t.Errorf("before: %+v", s)
	}
	w.run(t, a)
	w.phone.Attach()
	p := awaitState(t, a, status.Waiting)
	eventually(t, "the prompt is told", func() bool { p = one(t, a); return p.Message == "waiting: enter the passcode on the iPhone now" })
	if p.Run == nil || p.Run.WaitingFor != cause.PasscodePromptUnanswered || !p.Plugged || p.Connection != "USB" || len(p.Findings) < 10 || p.FindingsAt == nil {
		t.Errorf("at the prompt: %+v", p)
	}
	w.phone.EnterPasscode()
	p = awaitState(t, a, status.OK)
	if !strings.HasPrefix(p.Message, "backed up a moment ago; next from ") || p.LastGood == nil || p.NextDue == nil || p.Run != nil || p.Trouble != nil {
		t.Errorf("backed up: %+v", p)
	}
	eventually(t, "its version is there", func() bool { return len(one(t, a).Versions) == 1 })
	if p = one(t, a); !p.LastGood.Equal(p.Versions[0].Finished) {
		t.Errorf("finished twice: %v and %v", p.LastGood, p.Versions[0].Finished)
	}
	if v := p.Versions[0]; v.ID != p.LastVersion || v.Files == 0 || v.Bytes == 0 || v.Path == "" || v.Proof == "" {
		t.Errorf("version %+v", v)
	}
	w.phone.Detach()
	p = awaitState(t, a, status.Away)
	if p.Plugged || p.Connection != "" || p.Model != "iPhone 13 Pro" || p.Name == "" || !strings.HasPrefix(p.Message, "backed up ") {
		t.Errorf("away: %+v", p)
	}
	w.configure(t, map[string]string{"overdue": "1s"})
	if p = awaitState(t, a, status.Overdue); !strings.Contains(p.Message, "plug it in") {
		t.Errorf("overdue: %+v", p)
	}
	w.configure(t, map[string]string{"new_phones": "ignore"})
	if p = one(t, a); p.State != status.Ignored {
		t.Errorf("ignored: %+v", p)
	}
	if s := w.agent().SnapshotOf(t.Context(), nil); len(s.Phones) != 1 || s.Phones[0].ProductType == "" || s.Phones[0].NextDue != nil {
		t.Errorf("to a verb, from the store alone: %+v", s.Phones)
	}
}

// TestSnapshotOfAFailure shows what is wrong, until a backup makes up for it.
func TestSnapshotOfAFailure(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Trust.Mode = simulator.TrustAsk
	w := newWorld(t, spec)
	a := w.agent()
	w.run(t, a)
	w.phone.Attach()
	if p := awaitState(t, a, status.Waiting); !strings.Contains(p.Message, "tap Trust") {
		t.Errorf("asked: %+v", p)
	}
	w.phone.Refuse()
	w.diary.await(t, Waiting)
	w.diary.await(t, Failed)
	w.diary.await(t, Skipped)
	p := awaitState(t, a, status.Failed)
	if p.Trouble == nil || p.Trouble.Cause != cause.TrustDenied || len(p.Trouble.Remedy) == 0 || !strings.HasPrefix(p.Message, "not backed up: ") ||
		!strings.HasPrefix(p.Note, "the next try is when you plug the iPhone in again") {
		t.Errorf("refused: %+v", p)
	}
	w.phone.Detach()
	eventually(t, "it is unplugged", func() bool { return !one(t, a).Plugged })
	if p := one(t, a); p.State != status.Failed {
		t.Errorf("unplugged: %+v", p)
	}
	w.phone.Attach()
	if p := awaitState(t, a, status.Waiting); p.Trouble != nil || !strings.Contains(p.Run.Todo, "tap Trust") || len(p.Run.Steps) == 0 {
		t.Errorf("asked again: %+v", p)
	}
	w.phone.Trust()
	if p := awaitState(t, a, status.OK); p.Trouble != nil {
		t.Errorf("made up for: %+v", p.Trouble)
	}
}

// TestStartNow has a phone that was just backed up backed up again, because a person
// wants it.
func TestStartNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configure(t, map[string]string{"min_interval": "24h"})
	a := w.agent()
	wants := func(id cause.ID, err error) {
		t.Helper()
		if got, _ := cause.Of(err); got != id {
			t.Errorf("got %v, want %s", err, id)
		}
	}
	wants(cause.NoSuchPhone, a.Start(udidAnna, Request{}))
	w.run(t, a)
	w.phone.Attach()
	w.diary.await(t, Finished)
	w.diary.await(t, Skipped)
	must(t, a.Start(strings.ToLower(udidAnna), Request{Full: true}))
	wants(cause.AlreadyRunning, a.Start(udidAnna, Request{}))
	if e := w.diary.await(t, Finished); !e.Result.Full {
		t.Errorf("not all of it: %+v", e.Result)
	}
	w.diary.await(t, Skipped)
	w.configure(t, map[string]string{"min_interval": "24h", "new_phones": "ignore"})
	must(t, a.Start(udidAnna, Request{}))
	if e := w.diary.await(t, Finished); e.Result.Full {
		t.Errorf("all of it: %+v", e.Result)
	}
	w.phone.Detach()
	w.diary.await(t, Unplugged)
	wants(cause.NoSuchPhone, a.Start(udidAnna, Request{}))
}

// TestStartOverTheNetwork refuses a phone that has no cable.
func TestStartOverTheNetwork(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Connection = "network"
	w := newWorld(t, spec)
	a := w.agent()
	w.run(t, a)
	w.phone.Attach()
	eventually(t, "it is listed", func() bool {
		s := a.Snapshot(t.Context())
		return len(s.Phones) == 1 && s.Phones[0].Connection == "Network"
	})
	if id, _ := cause.Of(a.Start(udidAnna, Request{})); id != cause.WiFiOnly || one(t, a).Plugged {
		t.Errorf("started: %s; %+v", id, one(t, a))
	}
}

// TestStartThatDoesNotWait has a locked phone, and a person who will not unlock it.
func TestStartThatDoesNotWait(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Locked = true
	w := newWorld(t, spec)
	a := w.agent()
	w.run(t, a)
	w.phone.Attach()
	if p := awaitState(t, a, status.Waiting); p.Message != "waiting: unlock the iPhone" {
		t.Errorf("waits: %+v", p)
	}
	if id, _ := cause.Of(a.Start(udidAnna, Request{NoWait: true})); id != cause.AlreadyRunning {
		t.Errorf("beside the try that waits: %s", id)
	}
	must(t, a.Cancel(udidAnna))
	if e := w.diary.await(t, Waiting); e.Cause != cause.DeviceLocked {
		t.Errorf("waits: %+v", e)
	}
	if e := w.diary.await(t, Failed); e.Cause != cause.UserCancelled {
		t.Errorf("cancelled: %+v", e)
	}
	must(t, a.Start(udidAnna, Request{NoWait: true}))
	if e := w.diary.await(t, Failed); e.Cause != cause.DeviceLocked {
		t.Errorf("with nobody there: %+v", e)
	}
}

// TestCancel ends a run in the middle: what came is kept, the daemon does not begin again
// by itself, and the next one that is asked for goes on from there.
func TestCancel(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Files, spec.Bytes = 400, 8<<20
	w := newWorld(t, spec)
	a := w.agent()
	w.run(t, a)
	if err := a.Cancel(udidAnna); err != status.ErrNothingRuns {
		t.Errorf("nothing runs: %v", err)
	}
	held := w.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 6 << 20})[0]
	w.phone.Attach()
	<-held.Done()
	awaitState(t, a, status.BackingUp)
	must(t, a.Cancel(udidAnna))
	if e := w.diary.await(t, Failed); e.Cause != cause.UserCancelled {
		t.Errorf("cancelled: %+v", e.Error)
	}
	if e := w.diary.await(t, Skipped); e.Next != nil {
		t.Errorf("it begins again by itself: %+v", e)
	}
	if p := one(t, a); p.State != status.New || !strings.Contains(p.Message, "stopped, as asked") {
		t.Errorf("afterwards: %+v", p)
	}
	if err := a.Cancel(udidAnna); err != status.ErrNothingRuns {
		t.Errorf("nothing runs any more: %v", err)
	}
	held.Cancel()
	must(t, a.Start(udidAnna, Request{}))
	w.diary.await(t, Finished)
	if kept := w.phone.Agent().Stats().KeptBytes; kept < 4<<20 {
		t.Errorf("only %d bytes were not sent again", kept)
	}
}

// past is a history that was told what it knows.
type pastOf struct {
	phones []history.Phone
	runs   []history.Run
}

func (p pastOf) Phones(context.Context) ([]history.Phone, error) { return p.phones, nil }
func (p pastOf) Runs(context.Context, history.Filter) ([]history.Run, error) {
	return p.runs, nil
}

// TestSnapshotOfThePast shows phones that this program has never met, and what was wrong
// with their last run.
func TestSnapshotOfThePast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.agent()
	at := time.Now().Add(-time.Hour).UTC()
	a.opts.Past = pastOf{
		phones: []history.Phone{{UDID: udidAnna, Name: "Anna's", ProductType: "iPhone15,2", LastSeen: at}, {UDID: udidBen, Name: "Ben's"}, {UDID: "00008030-0000000000000001", Name: "Cora's"}},
		runs: []history.Run{
			{UDID: udidBen, Outcome: history.Skipped, Cause: cause.DeviceLocked, Ended: at},
			{UDID: "00008030-0000000000000001", Outcome: history.Interrupted, Cause: cause.HostShutdown, Message: "Homeport was stopped", Ended: at},
			{UDID: udidBen, Outcome: history.BackedUp, Ended: at},
			{UDID: udidAnna, Outcome: history.Failed, Cause: cause.HostDiskFull, Ended: at, Evidence: cause.Evidence{"volume": "Backups", "short": 53_700_000_000.0}},
			{UDID: udidAnna, Outcome: history.BackedUp, Ended: at.Add(-time.Hour)},
		},
	}
	s := a.SnapshotOf(t.Context(), nil)
	if len(s.Phones) != 3 || s.Phones[0].UDID != udidAnna || s.Phones[0].State != status.Failed || s.Phones[0].Trouble.Cause != cause.HostDiskFull ||
		!strings.Contains(s.Phones[0].Trouble.Remedy[0], "53.7 GB") || s.Phones[0].Model != "iPhone 14 Pro" || !s.Phones[0].Seen.Equal(at) {
		t.Errorf("%+v", s.Phones)
	}
	if s.Phones[1].State != status.Away || s.Phones[1].Trouble != nil {
		t.Errorf("%+v", s.Phones[1])
	}
	if p := s.Phones[2]; p.State != status.Away || p.Trouble != nil || p.Note != "1 hour ago: Homeport was stopped" {
		t.Errorf("%+v", p)
	}
}

// TestSnapshotOfAVisitInVain has a phone that was unplugged while it was locked: whoever
// looks later learns why there is no backup of it, also from the history.
func TestSnapshotOfAVisitInVain(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Locked = true
	w := newWorld(t, spec)
	a := w.agent()
	w.run(t, a)
	w.phone.Attach()
	awaitState(t, a, status.Waiting)
	w.phone.Detach()
	p := awaitState(t, a, status.Away)
	if p.Note != "a moment ago: unplugged before it was unlocked" || p.Message != "never backed up here; plug it in" {
		t.Errorf("away: %+v", p)
	}
	gone := w.diary.await(t, Unplugged)
	if gone.Cause != cause.DeviceLocked || gone.Message != "unplugged before it was unlocked" {
		t.Errorf("told: %+v", gone)
	}
	later := w.agent()
	seen := history.Phone{UDID: udidAnna, Name: "Anna's", LastSeen: gone.Time}
	vain := history.Run{UDID: udidAnna, Outcome: history.Skipped, Cause: gone.Cause, Message: gone.Message, Ended: gone.Time}
	later.opts.Past = pastOf{phones: []history.Phone{seen}, runs: []history.Run{vain}}
	if s := later.SnapshotOf(t.Context(), nil); s.Phones[0].Note != p.Note || s.Phones[0].State != status.Away {
		t.Errorf("to a verb: %+v", s.Phones[0])
	}
	w.phone.Unlock()
	w.phone.Attach()
	if p = awaitState(t, a, status.OK); p.Note != "" {
		t.Errorf("backed up: %+v", p)
	}
	seen.LastGood, seen.LastSeen = p.LastGood.Add(time.Minute), p.LastGood.Add(time.Minute)
	later.opts.Past = pastOf{phones: []history.Phone{seen}, runs: []history.Run{vain}}
	if s := later.SnapshotOf(t.Context(), nil); s.Phones[0].Note != "" {
		t.Errorf("backed up, to a verb: %+v", s.Phones[0])
	}
}

// TestGoneWaiting says what a phone had waited for, in words that are true after it.
func TestGoneWaiting(t *testing.T) {
	t.Parallel()
	phone := Phone{UDID: udidAnna}
	for want, events := range map[string][]Event{
		"unplugged before it was told to trust this computer": {{Kind: Waiting, Cause: cause.NotTrusted, Message: "if no question appears, unplug the iPhone"}},
		"unplugged before it was its turn":                    {{Kind: Waiting, Cause: cause.AlreadyRunning, Message: "another phone is being backed up; this one is next"}},
		"unplugged while its contact was loose":               {{Kind: Waiting, Cause: cause.USBFlapping}},
		"unplugged while it waited: turn it on":               {{Kind: Waiting, Cause: cause.NotActivated, Message: "turn it on"}},
		"":                                                    {{Kind: Preflight}, {Kind: Progress, Run: "v", Progress: &RunProgress{Phase: backup.PhasePasscode}}, {Kind: Waiting, Cause: cause.PasscodePromptUnanswered}},
	} {
		pic := newPicture()
		for _, e := range events {
			e.Phone = &phone
			pic.hear(e)
		}
		if got := pic.because(Event{Kind: Unplugged, Phone: &phone}); got.Message != want {
			t.Errorf("got %q, want %q", got.Message, want)
		}
	}
}

// TestNoteOfWhatIsNext has a try that failed and a good backup that is not old: when the
// next one is made is said, and how old the last one is not said twice.
func TestNoteOfWhatIsNext(t *testing.T) {
	t.Parallel()
	pic, phone, now := newPicture(), Phone{UDID: udidAnna}, time.Now()
	next := now.Add(time.Hour)
	pic.hear(Event{Kind: Failed, Phone: &phone, Time: now, Error: &Failure{Cause: cause.HostDiskFull, Message: "no room"}})
	pic.hear(Event{Kind: Skipped, Phone: &phone, Time: now, Message: "backed up 44 min ago; next from 12:00", Next: &next})
	a := newWorld(t).agent()
	p := composer{cfg: a.opts.Config(), now: now}.phone(udidAnna, pic.phones[usbmux.CanonicalUDID(udidAnna)])
	if want := "the next one is made from " + clock(next, now); p.State != status.Failed || p.Note != want {
		t.Errorf("%+v, want %q", p, want)
	}
}

// TestSnapshotOfDamage has a phone whose versions are all damaged: it was backed up, and
// nothing of it may be relied upon.
func TestSnapshotOfDamage(t *testing.T) {
	t.Parallel()
	a := newWorld(t).agent()
	at := time.Now().Add(-time.Hour)
	bad := status.Version{ID: "2", Finished: at, Damaged: "2 files are missing"}
	for name, c := range map[string]struct {
		versions []status.Version
		state    status.State
		message  string
	}{
		"all":    {[]status.Version{bad, bad}, status.Failed, "all its backups are damaged"},
		"one":    {[]status.Version{bad}, status.Failed, "its only backup is damaged"},
		"newest": {[]status.Version{bad, {ID: "1", Finished: at}}, status.Away, "backed up 1 hour ago"},
	} {
		whole := composer{cfg: a.opts.Config(), now: time.Now(), shelf: shelfView{shown: map[string]held{a.opts.Config().Destination: {
			state: status.Destination{There: true}, phones: map[string]heldPhone{usbmux.CanonicalUDID(udidAnna): {udid: udidAnna, versions: c.versions}},
		}}}}
		p := whole.phone(udidAnna, portrait{})
		if p.State != c.state || p.Message != c.message || (p.Trouble != nil) != (c.state == status.Failed) {
			t.Errorf("%s: %+v %+v", name, p, p.Trouble)
		}
		if p.Trouble != nil && (p.Trouble.Cause != cause.VersionDamaged || len(p.Trouble.Remedy) == 0) {
			t.Errorf("%s: %+v", name, p.Trouble)
		}
	}
}

// TestHungDriveHangsNobody has a drive that never answers.
func TestHungDriveHangsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.agent()
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		a.shelf.spots[w.dest] = &spot{reading: never}
		a.shelf.spots[""] = &spot{read: time.Now()}
		begun := time.Now()
		s := a.Snapshot(t.Context())
		if d := time.Since(begun); d != glanceLimit || !s.Destinations[0].Asked || s.Destinations[0].There {
			t.Errorf("after %v: %+v", d, s.Destinations)
		}
	})
}

// TestADriveThatLeft has a drive that was taken away since it was read: who asks later is
// told of it, and not of what was there.
func TestADriveThatLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.agent()
	if s := a.Snapshot(t.Context()); !s.Destinations[0].There {
		t.Fatalf("before: %+v", s.Destinations)
	}
	must(t, os.Rename(w.dest, w.dest+" elsewhere"))
	a.shelf.mu.Lock()
	a.shelf.spots[w.dest].read = time.Now().Add(-2 * shelfAge)
	a.shelf.mu.Unlock()
	if d := a.Snapshot(t.Context()).Destinations[0]; d.There || d.Error == nil || d.Error.Cause != cause.DestinationMissing {
		t.Errorf("after: %+v", d)
	}
}

// TestWords reads what is shown as a person does.
func TestWords(t *testing.T) {
	t.Parallel()
	for want, run := range map[string]status.Run{
		"backing up, 43 %, about 9 min left":      {Phase: string(backup.PhaseReceiving), Percent: 43, Left: 541},
		"backing up, 21.4 GB":                     {Phase: string(backup.PhaseReceiving), Bytes: 21_400_000_000},
		"backing up: starting":                    {Phase: string(backup.PhaseConnecting)},
		"backing up: finishing":                   {Phase: string(backup.PhaseFinishing), Percent: 100},
		"next: another iPhone is being backed up": {Phase: phaseQueued},
		"backing up, 99 %, about 42 s left":       {Phase: string(backup.PhaseMoving), Percent: 99, Left: 42.3},
		"backing up":                              {Phase: string(backup.PhaseReceiving)},
		"backing up, 100 %":                       {Phase: string(backup.PhaseMoving), Percent: 99.7},
		"backing up, 0 %, about 1 h 30 min left":  {Phase: string(backup.PhaseReceiving), Percent: 0.4, Left: 5400},
		"backing up, 50 %, about 2 min left":      {Phase: string(backup.PhaseReceiving), Percent: 50, Left: 91},
	} {
		if got := underWay(run); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for want, d := range map[string]time.Duration{
		"a moment ago": 3 * time.Second, "1 minute ago": 119 * time.Second, "12 minutes ago": 12 * time.Minute, "1 hour ago": time.Hour,
		"47 hours ago": 47*time.Hour + 59*time.Minute, "2 days ago": 48 * time.Hour, "a moment ago ": -4 * time.Minute,
		"in the future, by the clock of this computer": -time.Hour,
	} {
		if got := AgoInWords(d); got != strings.TrimSpace(want) {
			t.Errorf("%v: %q", d, got)
		}
	}
}

// TestUsed adds up what versions take.
func TestUsed(t *testing.T) {
	t.Parallel()
	list := []store.Version{{Bytes: 100, NewBytes: 5}, {Bytes: 98, NewBytes: 98, Full: true}, {Bytes: 90, NewBytes: 3}, {Bytes: 88, NewBytes: 88}}
	if got := used(list); got != 5+98+3+88 {
		t.Errorf("%d bytes", got)
	}
	if got := checksOf([]preflight.Finding{{Check: "x", Group: cause.Phone, Status: preflight.Warn, Cause: cause.EncryptionOff}}); got[0].Sentence == "" || got[0].Group != "phone" {
		t.Errorf("%+v", got)
	}
}
