package agent

import (
	"context"
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

// TestStillHere names the end of a connection to a phone that is plugged in.
func TestStillHere(t *testing.T) {
	t.Parallel()
	underWay := cause.Evidence{"received": cause.Bytes(1)}
	for _, c := range []struct {
		id   cause.ID
		ev   cause.Evidence
		want cause.ID
	}{
		{cause.DeviceDisconnected, underWay, cause.DeviceBackupAgentCrashed},
		{cause.DeviceDisconnected, nil, cause.MuxConnectFailed},
		{cause.MuxConnectFailed, nil, cause.MuxConnectFailed},
	} {
		if id, _ := cause.Of(stillHere(cause.New(c.id, c.ev, nil))); id != c.want {
			t.Errorf("%s %v: %s, want %s", c.id, c.ev, id, c.want)
		}
	}
}
