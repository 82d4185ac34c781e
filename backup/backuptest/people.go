package backuptest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
)

// want checks the cause of an error: one of ids.
func want(t testing.TB, err error, ids ...cause.ID) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %s", ids)
		return
	}
	if got, _ := cause.Of(err); !slices.Contains(ids, got) {
		t.Errorf("cause %s, want %s: %v", got, ids, err)
	}
}

// passcodeEntered has the person type the passcode when the engine tells that the
// phone asks for it.
func passcodeEntered(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{
		Seed: 21, Files: 30, Bytes: 1 << 20, Passcode: simulator.Passcode{Mode: simulator.PasscodeManual},
	})
	var s steps
	dir := t.TempDir()
	w.backUp(w.job(dir), func(p backup.Progress) {
		s.report(p)
		if p.Phase == backup.PhasePasscode {
			w.device.EnterPasscode()
		}
	})
	w.expect(dir)
	if !slices.Contains(s.phases, backup.PhasePasscode) {
		t.Errorf("phases %v", s.phases)
	}
}

func passcodeRefused(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{
		Seed: 22, Files: 30, Bytes: 1 << 20, Passcode: simulator.Passcode{Mode: simulator.PasscodeRefuse},
	})
	_, err := w.engine.Backup(t.Context(), w.job(t.TempDir()), nil)
	want(t, err, cause.PasscodePromptUnanswered)
	if _, told := cause.From(err).Evidence["shownFor"].(cause.Seconds); !told {
		t.Errorf("how long the prompt was up is not told: %v", cause.From(err).Evidence)
	}
}

// errStop is what the agent would say when the computer shuts down.
var errStop = cause.New(cause.HostShutdown, nil, errors.New("the computer shuts down"))

// soon is how long an engine may take to end a run, by its contract.
const soon = 5 * time.Second

// cancelled stops backups from outside: with a cause, without one, and before
// they begin.
func cancelled(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 23, Files: 400, Bytes: 48 << 20})
	dir := t.TempDir()
	for _, c := range []struct {
		why error
		id  cause.ID
	}{{errStop, cause.HostShutdown}, {nil, cause.UserCancelled}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var at time.Time
		_, err := w.engine.Backup(ctx, w.job(dir), func(p backup.Progress) {
			if p.Phase == backup.PhaseReceiving && at.IsZero() {
				at = time.Now()
				cancel(c.why)
			}
		})
		cancel(nil)
		want(t, err, c.id)
		if d := time.Since(at); d > soon {
			t.Errorf("stopped after %v", d)
		}
		w.gone(dir)
		w.wholeBodies(dir)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.engine.Backup(ctx, w.job(dir), nil)
	want(t, err, cause.UserCancelled)
	w.backUp(w.job(dir), nil)
	w.expect(dir)
}

// gone wants that nothing of the engine is left after a broken run.
func (w *world) gone(dir string) {
	w.t.Helper()
	if w.traits.Gone != nil {
		w.traits.Gone(w.t, dir)
	}
}

// cancelledOnThePhone has the person tap Cancel on the phone while it sends.
func cancelledOnThePhone(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 24, Files: 400, Bytes: 48 << 20})
	told := false
	_, err := w.engine.Backup(t.Context(), w.job(t.TempDir()), func(p backup.Progress) {
		if p.Phase == backup.PhaseReceiving && !told {
			told = true
			w.device.Notify("com.apple.itunes-client.syncCancelRequest")
		}
	})
	want(t, err, cause.DeviceCancelled)
}

// syncLockHeld has another program hold the phone's sync lock.
func syncLockHeld(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 25, Files: 5, Bytes: 1000})
	w.device.HoldSyncLock(time.Minute)
	_, err := w.engine.Backup(t.Context(), w.job(t.TempDir()), nil)
	want(t, err, cause.SyncLockHeld)
}
