package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// changePassword has an agent of w change the first phone's password, beside a
// watcher, as the verb does.
func (w *world) changePassword(t testing.TB, words Passwords) (Encryption, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(ctx))
	defer watcher.Close()
	var was Encryption
	err := w.agent().ChangePassword(ctx, watcher, w.link(t, w.phone.UDID()), func(_ context.Context, p Phone, now Encryption) (Passwords, error) {
		was = now
		if p.Name == "" {
			t.Error("the phone has no name")
		}
		return words, nil
	})
	return was, err
}

func TestChangePasswordOfAPhone(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Unplugged = false
	w := newWorld(t, spec)
	for _, step := range []struct {
		words  Passwords
		before bool
		want   cause.ID
		after  string // the password that is set then
	}{
		{Passwords{New: "one"}, false, "", "one"},
		{Passwords{Old: "wrong", New: "two"}, true, cause.BackupPasswordUnknown, "one"},
		{Passwords{Old: "one", New: "two"}, true, "", "two"},
		{Passwords{Old: "one"}, true, cause.BackupPasswordUnknown, "two"},
		{Passwords{Old: "two"}, true, "", ""},
		{Passwords{Old: "two"}, false, cause.BackupPasswordUnknown, ""},
	} {
		was, err := w.changePassword(t, step.words)
		if id, known := cause.Of(err); known && id != step.want || !known && (err != nil || step.want != "") {
			t.Errorf("%d to %d characters: %v, want %q", len(step.words.Old), len(step.words.New), err, step.want)
		}
		if was.On != step.before || Unsettled(err) {
			t.Errorf("before: %+v, unsettled %t", was, Unsettled(err))
		}
		if w.phone.HasBackupPassword() != (step.after != "") || step.after != "" && !w.phone.IsBackupPassword(step.after) {
			t.Errorf("the phone does not have the password %q", step.after)
		}
	}
}

// TestPasswordAsksForTrust: a phone that does not trust this computer is asked.
func TestPasswordAsksForTrust(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Unplugged, spec.Trust = false, simulator.Trust{Mode: simulator.TrustAuto}
	w := newWorld(t, spec)
	if _, err := w.changePassword(t, Passwords{New: "one"}); err != nil || !w.phone.IsBackupPassword("one") {
		t.Errorf("err = %v", err)
	}
	if waits := fmt.Sprint(w.diary); !strings.Contains(waits, PairWords(lockdown.PairAccepted)) {
		t.Errorf("told:\n%s", waits)
	}
}

// TestPasswordUnsettled pulls the cable while the sheet is up: nobody knows then.
func TestPasswordUnsettled(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Unplugged, spec.Passcode = false, simulator.Passcode{Mode: simulator.PasscodeManual}
	w := newWorld(t, spec)
	w.tell = func(e Event) {
		w.diary.write(e)
		if e.Kind == Waiting {
			w.phone.Detach()
		}
	}
	_, err := w.changePassword(t, Passwords{New: "one"})
	if id, _ := cause.Of(err); id != cause.DeviceDisconnected || !Unsettled(err) {
		t.Errorf("err = %v", err)
	}
}

// TestPasswordNotDecided: nothing is asked of the phone when the person changes
// their mind.
func TestPasswordNotDecided(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Unplugged = false
	w := newWorld(t, spec)
	watcher := usbmux.NewWatcher(w.mux, usbmux.WatcherOptions{})
	must(t, watcher.Open(t.Context()))
	defer watcher.Close()
	changed := errors.New("changed my mind")
	err := w.agent().ChangePassword(t.Context(), watcher, w.link(t, udidAnna), func(context.Context, Phone, Encryption) (Passwords, error) {
		return Passwords{New: backup.Secret("one")}, changed
	})
	if !errors.Is(err, changed) || Unsettled(err) || w.phone.Agent().Stats().PasswordRequests != 0 {
		t.Errorf("err = %v, %d requests", err, w.phone.Agent().Stats().PasswordRequests)
	}
}
