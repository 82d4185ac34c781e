package agent

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// says yields passwords in their order.
func says(passwords ...string) func(context.Context, RestorePlan) iter.Seq2[string, error] {
	return func(context.Context, RestorePlan) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for _, p := range passwords {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// restore puts the newest version of Anna's onto the phone with a UDID, as the verb
// does; change has a look at the request first.
func (w *world) restore(t testing.TB, udid string, change func(*RestoreRequest)) RestoreOutcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	defer watcher.Close()
	st, err := store.Open(w.dest, store.Options{})
	must(t, err)
	defer st.Close()
	list, err := st.Versions(ctx, udidAnna)
	must(t, err)
	r := RestoreRequest{Store: st, Version: list[0], NoWait: true}
	if change != nil {
		change(&r)
	}
	return w.agent().Restore(ctx, watcher, w.link(t, udid), r)
}

// family is Anna's phone with one backup, and Ben's, both plugged in.
func family(t testing.TB, change func(anna, ben *simulator.PhoneSpec)) *world {
	t.Helper()
	anna, ben := quick(udidAnna), quick(udidBen)
	anna.Unplugged, ben.Unplugged = false, false
	ben.Files, ben.Bytes, ben.Seed = 10, 1<<16, 6
	if change != nil {
		change(&anna, &ben)
	}
	w := newWorld(t, anna, ben)
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	return w
}

// TestRestoreRoundTrip: what was backed up comes back to the phone that was wiped,
// and to a new one; each phone compares every byte.
func TestRestoreRoundTrip(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]string{"plain": "", "encrypted": "k4n4ry"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := family(t, func(anna, _ *simulator.PhoneSpec) { anna.BackupPassword = password })
			version := w.versions(t, udidAnna)[0]
			before := fingerprint(t, version.Path)
			files := w.phone.Contents().View().Files()
			w.phone.Wipe()
			for _, udid := range []string{udidAnna, udidBen} {
				var plan RestorePlan
				o := w.restore(t, udid, func(r *RestoreRequest) {
					r.Passwords = says("wrong", password)
					r.Options = backup.RestoreOptions{Settings: true}
					r.Confirm = func(_ context.Context, p RestorePlan) error {
						plan = p
						if v := w.versions(t, udidAnna)[0]; !v.Pinned {
							t.Error("the version is not pinned")
						}
						return nil
					}
				})
				if o.Err != nil {
					t.Fatalf("%s: %v", udid, o.Err)
				}
				phone := w.sim.Phone(udid)
				if !phone.RestoredOK() || phone.Contents().View().Files() != files || o.Done.Files < files || o.Done.From != udidAnna {
					t.Errorf("%s: %+v, the phone says %+v", udid, o.Done, phone.Agent().Stats().Restore)
				}
				if plan.SamePhone != (udid == udidAnna) || plan.BackupIOS != "18.5" || plan.Phone.UDID != udid {
					t.Errorf("plan %+v", plan)
				}
				if password != "" && !phone.IsBackupPassword(password) {
					t.Error("the phone has not taken the password over")
				}
			}
			if v := w.versions(t, udidAnna)[0]; v.Pinned || !maps.Equal(before, fingerprint(t, version.Path)) {
				t.Errorf("the version has changed, or is pinned: %+v", v)
			}
			if v := w.versions(t, udidAnna)[0]; (v.Proof == backup.ProofUnlocked) != (password != "") || v.Verified == nil {
				t.Errorf("proof %s", v.Proof)
			}
			if strings.Contains(w.diary.String(), "k4n4ry") {
				t.Error("the password was told")
			}
		})
	}
}

// TestRestoreHoldsTheVersion: nothing else works on the phone's versions while one
// is restored, and everything may afterwards.
func TestRestoreHoldsTheVersion(t *testing.T) {
	t.Parallel()
	w := family(t, nil)
	o := w.restore(t, udidBen, func(r *RestoreRequest) {
		r.Confirm = func(ctx context.Context, _ RestorePlan) error {
			if _, err := r.Store.Prune(ctx, udidAnna, store.Policy{Last: 1}); !isCause(err, cause.AlreadyRunning) {
				t.Errorf("prune: %v", err)
			}
			return nil
		}
	})
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Error(o.Err)
	}
}

func isCause(err error, want cause.ID) bool {
	id, _ := cause.Of(err)
	return id == want
}

// TestRestoreNotConfirmed: the phone was asked for nothing.
func TestRestoreNotConfirmed(t *testing.T) {
	t.Parallel()
	w := family(t, nil)
	no := errors.New("not confirmed")
	o := w.restore(t, udidBen, func(r *RestoreRequest) {
		r.Confirm = func(context.Context, RestorePlan) error { return no }
	})
	if !errors.Is(o.Err, no) || o.Begun || len(w.sim.Phone(udidBen).Agent().Stats().RestoreRequests) > 0 {
		t.Errorf("%+v", o)
	}
	if v := w.versions(t, udidAnna)[0]; v.Pinned || v.Verified != nil {
		t.Errorf("%+v", v)
	}
}

// TestRestoreWaitsForThePerson: a locked phone is waited for, when that was asked.
func TestRestoreWaitsForThePerson(t *testing.T) {
	t.Parallel()
	w := family(t, func(_, ben *simulator.PhoneSpec) {
		ben.Trust, ben.Passcode = simulator.Trust{Mode: simulator.TrustAuto}, simulator.Passcode{Mode: simulator.PasscodeManual}
	})
	ben := w.sim.Phone(udidBen)
	w.tell = func(e Event) {
		w.diary.write(e)
		if e.Kind == Waiting && e.Cause == cause.PasscodePromptUnanswered {
			ben.EnterPasscode()
		}
	}
	if o := w.restore(t, udidBen, func(r *RestoreRequest) { r.NoWait = false }); o.Err != nil || !ben.RestoredOK() {
		t.Errorf("%+v", o)
	}
}

// TestRestoreThenRestart: that the phone restarts, and the link goes, is the end of a
// good restore.
func TestRestoreThenRestart(t *testing.T) {
	t.Parallel()
	w := family(t, func(_, ben *simulator.PhoneSpec) { ben.RebootAfterRestore = true })
	ben := w.sim.Phone(udidBen)
	if o := w.restore(t, udidBen, nil); o.Err != nil || !ben.RestoredOK() {
		t.Fatalf("%+v", o)
	}
	eventually(t, "the phone has restarted", ben.Locked)
	ben.Unlock()
	o := w.restore(t, udidBen, func(r *RestoreRequest) { r.Options.NoReboot = true })
	if o.Err != nil || ben.Locked() {
		t.Errorf("%+v", o)
	}
}

// TestRestoreKeepsOrRemoves: what is on the phone and not in the version stays, unless
// it was asked to go.
func TestRestoreKeepsOrRemoves(t *testing.T) {
	t.Parallel()
	w := family(t, nil)
	files := w.phone.Contents().View().Files()
	added := w.phone.Add(9)
	w.phone.Modify(20)
	for _, c := range []struct {
		remove bool
		want   int
	}{{false, files + added}, {true, files}} {
		o := w.restore(t, udidAnna, func(r *RestoreRequest) { r.Options.RemoveOthers = c.remove })
		if n := w.phone.Contents().View().Files(); o.Err != nil || n != c.want {
			t.Errorf("remove %t: %d files, want %d; %v", c.remove, n, c.want, o.Err)
		}
	}
}

// TestRestoreEndsOnThePhone: what the phone itself answers keeps its name.
func TestRestoreEndsOnThePhone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(w *world, ben *simulator.Phone)
		want   cause.ID
		begun  bool
	}{
		"passcode refused": {func(_ *world, ben *simulator.Phone) {
			ben.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeRefuse})
		}, cause.PasscodePromptUnanswered, false},
		"restoring from iCloud": {func(_ *world, ben *simulator.Phone) { ben.SetCloudRestore(true) }, cause.ICloudRestoreRunning, false},
		"does not take it": {func(_ *world, ben *simulator.Phone) {
			ben.Play(simulator.BackupResponse{Stage: "restore-manifests", Code: 205})
		}, cause.BackupRefusedByPhone, false},
		"stops in the middle": {func(_ *world, ben *simulator.Phone) {
			ben.Play(simulator.BackupResponse{Stage: "restore-batch", Code: 1})
		}, cause.RestoreInterrupted, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := family(t, nil)
			c.change(w, w.sim.Phone(udidBen))
			if o := w.restore(t, udidBen, nil); !isCause(o.Err, c.want) || o.Begun != c.begun {
				t.Errorf("%v, begun %t", o.Err, o.Begun)
			}
		})
	}
}

// mute is a phone that does not tell its values.
type mute struct {
	Handset
	err error
}

func (m mute) Values(context.Context, string) (map[string]any, error) { return nil, m.err }

// TestRestoreChecksWithoutValues: what a phone does not want to tell it decides by
// itself; a link that broke is a failure.
func TestRestoreChecksWithoutValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want preflight.Status
	}{
		{nil, preflight.Pass},
		{cause.New(cause.DeviceLocked, nil, &lockdown.Error{Request: "GetValue", Code: "GetProhibited"}), preflight.Pass},
		{cause.New(cause.DeviceDisconnected, nil, io.ErrUnexpectedEOF), preflight.Fail},
	} {
		r := restoreCheck{phone: mute{err: c.err}}
		for name, check := range map[string]func(context.Context) preflight.Finding{"find-my": r.findMy, "set-up": r.setUp, "room": r.room} {
			got := check(t.Context())
			if got.Status == "" {
				got.Status = preflight.Pass
			}
			if got.Status != c.want {
				t.Errorf("%s after %v: %+v", name, c.err, got)
			}
		}
	}
}

func TestNewerIOS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"18.5", "18.5", false}, {"18.5.1", "18.5", true}, {"18.5", "18.5.1", false}, {"18.10", "18.9", true}, {"26", "18.7.2", true},
		{"9.3.5", "18.0", false}, {"", "18.0", false}, {"18.0", "", false}, {"x", "18.0", false}, {"18.0.0.1", "1", false}, {"-1", "1", false},
	} {
		if got := newerIOS(c.a, c.b); got != c.want {
			t.Errorf("newerIOS(%q, %q) = %t", c.a, c.b, got)
		}
	}
}
