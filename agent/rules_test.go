package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"homeport/cause"
	"homeport/simulator"
	"homeport/simulator/backupagent"
	"homeport/usbmux"
)

// TestRefusedBase has the phone call the earlier backup damaged: the next run, of
// another process even, does not build on it, and the version itself stays.
func TestRefusedBase(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]cause.ID{205: cause.PreviousBackupCorrupt, 209: cause.PreviousBackupIncompleteFiles} {
		t.Run(string(want), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.phone.Attach()
			if o := w.backup(t, Request{}); o.Err != nil {
				t.Fatal(o.Err)
			}
			first := w.prove(t, udidAnna)
			w.phone.Modify(5)
			w.phone.Play(simulator.BackupResponse{Stage: backupagent.StageScan, Code: code})
			if id, _ := cause.Of(w.backup(t, Request{}).Err); id != want {
				t.Fatalf("refused: %q", id)
			}
			o := w.backup(t, Request{})
			if o.Err != nil || !o.Result.Full {
				t.Fatalf("the next run: %+v, %v", o.Result, o.Err)
			}
			if list := w.versions(t, udidAnna); len(list) != 2 || !list[1].Sound() || list[1].ID != first.ID {
				t.Errorf("versions: %+v", list)
			}
			w.phone.Modify(5)
			if o := w.backup(t, Request{}); o.Err != nil || o.Result.Full {
				t.Errorf("after that: %+v, %v", o.Result, o.Err)
			}
		})
	}
}

// TestOnce backs up a phone that trusts this computer only now: whatever usbmuxd
// tells of the new pairing, it is one backup and no failure.
func TestOnce(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Trust, spec.Unplugged = simulator.Trust{Mode: simulator.TrustAuto}, false
	w := newWorld(t, spec)
	a := w.agent()
	a.opts.Once = true
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(t.Context()))
	defer watcher.Close()
	must(t, a.Run(t.Context(), watcher))
	if failed, finished := w.diary.all(Failed), w.diary.all(Finished); len(failed) != 0 || len(finished) != 1 {
		t.Errorf("%d failed, %d finished", len(failed), len(finished))
	}
}

// TestOverIsNoFailure ends a try because the agent has done its work: nothing is
// told, and nothing remembered.
func TestOverIsNoFailure(t *testing.T) {
	t.Parallel()
	v := &visit{phone: newPhone(nil, udidAnna)} // without an agent nothing can be told
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errOver)
	if v.settle(ctx, context.Canceled) {
		t.Error("the visit goes on")
	}
	if n := len(v.phone.failures); n != 0 {
		t.Errorf("%d failures are remembered", n)
	}
}

// TestNoWaitAsksOnce holds that a verb which does not wait asks the phone for
// trust all the same, and takes its answer.
func TestNoWaitAsksOnce(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spec func(*simulator.PhoneSpec)
		want cause.ID
	}{
		"trusts at once": {func(s *simulator.PhoneSpec) { s.Trust = simulator.Trust{Mode: simulator.TrustAuto} }, ""},
		"shows it":       {func(s *simulator.PhoneSpec) { s.Trust = simulator.Trust{Mode: simulator.TrustAsk} }, cause.NotTrusted},
		"policy": {func(s *simulator.PhoneSpec) {
			s.Trust, s.PairingPolicy = simulator.Trust{Mode: simulator.TrustAsk}, "MCProtected"
		}, cause.PairingProhibitedByPolicy},
		"locked": {func(s *simulator.PhoneSpec) {
			s.Trust, s.Locked = simulator.Trust{Mode: simulator.TrustAsk}, true
		}, cause.DeviceLocked},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := quick(udidAnna)
			spec.Unplugged = false
			c.spec(&spec)
			w := newWorld(t, spec)
			o := w.backup(t, Request{NoWait: true})
			id, _ := cause.Of(o.Err)
			if o.Err == nil {
				id = ""
			}
			if id != c.want {
				t.Errorf("cause %q, want %q: %v", id, c.want, o.Err)
			}
			if e := cause.From(o.Err); o.Err != nil && e.ExitCode() != cause.ExitRefused {
				t.Errorf("exit code %d", e.ExitCode())
			}
		})
	}
}

// TestOnceLetsOthersEnd has two phones and an agent that is done with the first:
// the backup of the other, which is under way, goes to its end.
func TestOnceLetsOthersEnd(t *testing.T) {
	t.Parallel()
	anna, ben := quick(udidAnna), quick(udidBen)
	anna.Unplugged, ben.Unplugged = false, false
	w := newWorld(t, anna, ben)
	slow := w.sim.Phone(udidBen).Play(simulator.SlowLink{Channel: simulator.ChannelBackup, BytesPerSecond: 1 << 20})[0]
	defer slow.Cancel()
	w.sim.Phone(udidAnna).SetPasscode(simulator.Passcode{Mode: simulator.PasscodeManual})
	a := w.agent()
	a.opts.Once = true
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(t.Context()))
	defer watcher.Close()
	done := make(chan error, 1)
	go func() { done <- a.Run(t.Context(), watcher) }()
	// Anna's sheet is up and Ben's bytes flow: both are under way.
	eventually(t, "both are under way", func() bool {
		return w.sim.Phone(udidAnna).SheetUp() && w.sim.Phone(udidBen).Traffic(simulator.ChannelBackup).Out > 100_000
	})
	w.sim.Phone(udidAnna).EnterPasscode()
	must(t, <-done)
	if failed, finished := w.diary.all(Failed), w.diary.all(Finished); len(failed) != 0 || len(finished) != 2 {
		t.Errorf("%d failed, %d finished", len(failed), len(finished))
	}
	w.prove(t, udidAnna)
	w.prove(t, udidBen)
}

// book is Destinations in memory.
type book map[string]string

func (b book) ID(path string) string       { return b[path] }
func (b book) Learn(path, id string) error { b[path] = id; return nil }

// TestAnotherDriveAtThePath has the drive with the backups gone, and its bare
// mount point in its place: nothing is written there, and doctor says the same.
func TestAnotherDriveAtThePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	memory := book{}
	backUp := func() Outcome {
		a := w.agent()
		a.stores.memory = memory
		watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
		must(t, watcher.Open(t.Context()))
		defer watcher.Close()
		return a.Backup(t.Context(), watcher, []usbmux.Link{w.link(t, udidAnna)}, Request{})[0]
	}
	if o := backUp(); o.Err != nil || len(memory) != 1 {
		t.Fatalf("%v, %v", o.Err, memory)
	}
	must(t, os.Rename(w.dest, w.dest+".away"))
	must(t, os.Mkdir(w.dest, 0o700))
	if id, _ := cause.Of(backUp().Err); id != cause.DestinationMissing {
		t.Errorf("a backup into the bare mount point: %q", id)
	}
	a := w.agent()
	a.stores.memory = memory
	if id, _ := cause.Of(a.CheckHost(t.Context(), "", nil).Err); id != cause.DestinationMissing {
		t.Errorf("doctor: %q", id)
	}
	if entries, _ := os.ReadDir(w.dest); len(entries) != 0 {
		t.Errorf("written beside the missing mount: %v", entries)
	}
	must(t, os.Remove(w.dest))
	must(t, os.Rename(w.dest+".away", w.dest))
	if o := backUp(); o.Err != nil {
		t.Error(o.Err)
	}
}

// TestDoctorSeesTheStore holds that the checks refuse what a run would refuse.
func TestDoctorSeesTheStore(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]cause.ID{"homeport store 2\nid 0a\n": cause.StoreTooNew, "garbage": cause.DestinationUnsafe} {
		w := newWorld(t)
		must(t, os.WriteFile(filepath.Join(w.dest, ".homeport", "FORMAT"), []byte(text), 0o600))
		if want == cause.DestinationUnsafe {
			must(t, os.WriteFile(filepath.Join(w.dest, ".homeport", "theirs"), nil, 0o600))
		}
		if id, _ := cause.Of(w.agent().CheckHost(t.Context(), "", nil).Err); id != want {
			t.Errorf("%q: %q, want %q", text, id, want)
		}
	}
}

// TestHungServiceIsNotAskedAgain: what has just been waited for in vain is told, as the
// refusal of a check.
func TestHungServiceIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hangs := cause.New(cause.MuxNotAnswering, nil, errors.New("list devices: timeout"))
	o := w.agent().CheckHost(t.Context(), "", hangs)
	if e := cause.From(o.Err); e == nil || e.ID != cause.MuxNotAnswering || e.ExitCode() != cause.ExitRefused {
		t.Errorf("%v", o.Err)
	}
	// Another error of the first look says nothing of the next.
	if o := w.agent().CheckHost(t.Context(), "", cause.New(cause.NoPhone, nil, nil)); o.Err != nil {
		t.Error(o.Err)
	}
}
