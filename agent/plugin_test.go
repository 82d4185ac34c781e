package agent

import (
	"strings"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
)

func TestPlugInMakesOneBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t)
	w.phone.Attach()
	if e := w.diary.await(t, Plugged); e.Phone.Model != "iPhone 13 Pro" || e.Phone.Connection != usbmux.USB {
		t.Errorf("plugged: %+v", e.Phone)
	}
	e := w.diary.await(t, Finished)
	if v := w.prove(t, udidAnna); v.ID != e.Result.Version || !v.Full {
		t.Errorf("told %+v, on disk is %+v", e.Result, v)
	}
	// With no interval, one backup belongs to each time it is plugged in.
	if e := w.diary.await(t, Skipped); e.Next != nil || !strings.Contains(e.Message, "plugged in again") {
		t.Errorf("skipped: %+v", e)
	}
	w.phone.Detach()
	w.diary.await(t, Unplugged)
	if n := w.phone.Counts().Backups; n != 1 {
		t.Errorf("%d backups", n)
	}
}

func TestWithinTheIntervalIsAnsweredNotNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configure(t, map[string]string{"min_interval": "24h"})
	w.start(t)
	w.phone.Attach()
	finished := w.diary.await(t, Finished).Time
	e := w.diary.await(t, Skipped)
	if next := e.Next.Sub(finished); next < 24*time.Hour-time.Minute || next > 24*time.Hour {
		t.Errorf("next in %v", next)
	}
	if e.Cause != "" || !strings.Contains(e.Message, "next from") {
		t.Errorf("skipped: %+v", e)
	}
	w.phone.Detach()
	w.diary.await(t, Unplugged)
	w.phone.Attach() // a plug-in is answered, never with silence
	w.diary.await(t, Plugged)
	w.diary.await(t, Skipped)
	if n := w.phone.Counts().Backups; n != 1 {
		t.Errorf("%d backups", n)
	}
}

// TestGoesOnByItself is a cable that is pulled at eight points of a first run: the next
// plug-in brings a whole version, and nobody does anything else.
func TestGoesOnByItself(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	rehearsal := newWorld(t, spec)
	rehearsal.phone.Attach()
	if o := rehearsal.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	bytes := rehearsal.phone.Traffic(simulator.ChannelBackup).Total()
	const trials = 8
	for i := range int64(trials) {
		w := newWorld(t, spec)
		w.phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: bytes * (2*i + 1) / (2 * trials), Kind: simulator.Detached})
		stop := w.start(t)
		w.phone.Attach()
		if e := w.diary.await(t, Failed); e.Cause != cause.DeviceDisconnected {
			t.Errorf("cut %d: %s: %s", i, e.Cause, e.Error.Detail)
		}
		w.phone.Attach()
		w.diary.await(t, Finished)
		stop()
		w.prove(t, udidAnna)
	}
}

func TestNetworkLinkTriggersNothing(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Connection = "network"
	w := newWorld(t, spec, quick(udidBen))
	w.start(t)
	w.phone.Attach()
	w.link(t, udidAnna)
	w.sim.Phone(udidBen).Attach() // told after the other, and backed up
	w.diary.await(t, Finished)
	if c := w.phone.Counts(); c.Lockdown != 0 {
		t.Errorf("the phone on the network was spoken to: %+v", c)
	}
}

// TestSideBySide backs up two phones, one after the other and at the same time.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	for most, name := range map[string]string{"1": "one after the other", "2": "at the same time"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			anna, ben := quick(udidAnna), quick(udidBen)
			anna.Passcode.Mode, ben.Passcode.Mode = simulator.PasscodeManual, simulator.PasscodeManual
			w := newWorld(t, anna, ben)
			w.configure(t, map[string]string{"max_parallel": most})
			w.start(t)
			both := w.sim.Phones()
			both[0].Attach()
			eventually(t, "the first asks for its passcode", both[0].SheetUp)
			both[1].Attach()
			if most == "2" {
				eventually(t, "the second asks for its passcode too", both[1].SheetUp)
			} else {
				eventually(t, "the second is told to wait", func() bool { return w.waits(udidBen, cause.AlreadyRunning) == 1 })
				if both[1].SheetUp() {
					t.Error("the second asks for its passcode too")
				}
			}
			both[0].EnterPasscode()
			eventually(t, "the second asks for its passcode", both[1].SheetUp)
			both[1].EnterPasscode()
			w.diary.await(t, Finished)
			w.diary.await(t, Finished)
			w.prove(t, udidAnna)
			w.prove(t, udidBen)
		})
	}
}

// waits counts how often a phone was told to wait because of id.
func (w *world) waits(udid string, id cause.ID) int {
	n := 0
	for _, e := range w.diary.all(Waiting) {
		if e.Phone.UDID == udid && e.Cause == id {
			n++
		}
	}
	return n
}

// TestManyAtOnce has a phone among many that lets go and one that stalls: the
// others are not disturbed.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var specs []simulator.PhoneSpec
	for i := range 6 {
		s := quick("00008120-000A1B2C3D4E5F6" + string(rune('0'+i)))
		s.Files, s.Bytes = 30, 1<<18
		specs = append(specs, s)
	}
	w := newWorld(t, specs...)
	w.configure(t, map[string]string{"max_parallel": "16"})
	w.sim.Phones()[0].Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 50_000, Kind: simulator.RST})
	stall := w.sim.Phones()[1].Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 50_000})[0]
	w.start(t)
	for _, p := range w.sim.Phones() {
		p.Attach()
	}
	eventually(t, "four are backed up", func() bool { return len(w.diary.all(Finished)) == 4 })
	eventually(t, "the cut is told", func() bool { return len(w.diary.all(Failed)) == 1 })
	<-stall.Done()
	stall.Cancel()
	eventually(t, "the one that stalled goes on", func() bool { return len(w.diary.all(Finished)) == 5 })
}

func TestManyAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t)
	w.diary.await(t, Service)
	pace := time.NewTicker(4 * time.Millisecond)
	defer pace.Stop()
	for range 200 {
		w.phone.Attach()
		<-pace.C
		w.phone.Detach()
	}
	w.phone.Attach()
	eventually(t, "the loose contact is told", func() bool { return w.waits(udidAnna, cause.USBFlapping) > 0 })
	eventually(t, "it is backed up", func() bool { return len(w.diary.all(Finished)) == 1 })
	if n := len(w.diary.all(Failed)); n >= flapCount {
		t.Errorf("%d failures were told of one loose contact:\n%s", n, w.diary)
	}
	if n := w.waits(udidAnna, cause.USBFlapping); n != 1 {
		t.Errorf("the loose contact was told %d times:\n%s", n, w.diary)
	}
	w.prove(t, udidAnna)
	if n := w.phone.Counts().Backups; n != 1 {
		t.Errorf("%d backups", n)
	}
}
