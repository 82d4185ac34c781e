//go:build !windows

package idevicebackup2

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
)

// canary is looked for in everything that others can see of a tool.
const canary = "Canary-7Qz!$`\"'\\ x"

// witnessed is a program that writes down its arguments and its environment, and
// then is the real tool.
func witnessed(t testing.TB) (path, log string) {
	t.Helper()
	real := installed(t).Path
	log = filepath.Join(t.TempDir(), "log")
	return script(t, `test "$1" = --version || { printf '%s\n' "$@"; env; } >>'`+log+`'; exec '`+real+`' "$@"`), log
}

func change(s *stack, old, new backup.Secret) backup.PasswordChange {
	return backup.PasswordChange{UDID: testUDID, Old: old, New: new, Phone: s.phone}
}

// TestPasswords sets, changes and removes the backup password, with the canary in
// neither arguments nor environment, nor in an error, nor in what is reported.
func TestPasswords(t *testing.T) {
	t.Parallel()
	path, log := witnessed(t)
	s := newStack(t, simulator.PhoneSpec{Files: 5}, Options{Path: path})
	var phases []backup.Phase
	report := func(p backup.Progress) {
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
	}
	must := func(old, new backup.Secret, then string) {
		t.Helper()
		if err := s.engine.ChangePassword(t.Context(), change(s, old, new), report); err != nil {
			t.Fatal(err)
		}
		if then == "" && s.device.HasBackupPassword() || then != "" && !s.device.IsBackupPassword(then) {
			t.Errorf("the phone has not got %q", then)
		}
	}
	must("", canary, canary)
	if !slices.Contains(phases, backup.PhaseWaiting) {
		t.Errorf("phases %v", phases)
	}
	err := s.engine.ChangePassword(t.Context(), change(s, "wrong", canary+"2"), nil)
	want(t, err, cause.BackupPasswordUnknown)
	if strings.Contains(err.Error(), "Canary") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("the password is told: %v", err)
	}
	must(canary, canary+"2", canary+"2")
	must(canary+"2", "", "")
	seen, err := os.ReadFile(log)
	if err != nil || !bytes.Contains(seen, []byte("changepw\n")) {
		t.Fatalf("nothing was witnessed: %v\n%s", err, seen)
	}
	if bytes.Contains(seen, []byte("Canary")) {
		t.Errorf("seen by others:\n%s", seen)
	}
}

// TestPasswordRefused has the person, the phone and an organisation say no.
func TestPasswordRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Files: 5, Passcode: simulator.Passcode{Mode: simulator.PasscodeRefuse}}, Options{})
	err := s.engine.ChangePassword(t.Context(), change(s, "", canary), nil)
	want(t, err, cause.PasscodePromptUnanswered)
	s.device.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeEnter})
	s.device.SetBackupPassword(canary)
	want(t, s.engine.ChangePassword(t.Context(), change(s, "", "other"), nil), cause.BackupPasswordUnknown)
	ctx, cancel := context.WithCancelCause(t.Context())
	s.device.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeManual})
	pulled := cause.New(cause.DeviceDisconnected, nil, errors.New("pulled"))
	err = s.engine.ChangePassword(ctx, change(s, canary, ""), func(p backup.Progress) {
		if p.Phase == backup.PhasePasscode {
			cancel(pulled)
		}
	})
	cancel(nil)
	want(t, err, cause.DeviceDisconnected)
	for _, untypable := range []backup.Secret{"Gr\u00fc\u00dfe", "tab\there", backup.Secret(strings.Repeat("x", 256))} {
		if err := s.engine.ChangePassword(t.Context(), change(s, "", untypable), nil); !errors.Is(err, errCannotType) {
			t.Errorf("%d bytes: %v", len(untypable), err)
		}
	}
}
