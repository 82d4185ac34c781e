package idevicebackup2

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// maxTyped is the longest password that the tool takes when it is typed, in bytes.
const maxTyped = 255

// CanType reports whether a password can be given to the tool: it drops everything
// but printable ASCII from what is typed, and more than 255 characters. There is
// no other way to hand it one without showing it to every program on the computer.
func CanType(s backup.Secret) bool {
	if len(s) == 0 || len(s) > maxTyped {
		return false
	}
	for _, c := range []byte(string(s)) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

var errCannotType = errors.New("idevicebackup2 takes passwords of 1 to 255 ASCII characters; the built-in engine takes any")

// ChangePassword sets, changes or removes the phone's backup password, which is
// typed into the tool and stands neither among its arguments nor in its
// environment. See agent.PasswordChanger for what it promises; the tool does not
// take the sync lock for this. A password that CanType refuses is an error without
// a cause, before anything was started.
func (e *Engine) ChangePassword(ctx context.Context, change backup.PasswordChange, report func(backup.Progress)) error {
	args, typed, err := passwordArgs(change)
	if err != nil {
		return err
	}
	if !isName(change.UDID) {
		return notAName(change.UDID)
	}
	tool, err := Find(ctx, e.opts.Path)
	if err != nil {
		return err
	}
	r := e.newRun(ctx, tool, backup.Job{UDID: change.UDID, Phone: change.Phone}, report)
	r.refused = func(*run, said, cause.Evidence) (cause.ID, bool) { return "", false }
	defer r.close()
	if _, _, err := r.tell(args, typed); err != nil {
		return err
	}
	return r.provePassword(change.New != "")
}

// passwordArgs are the tool's arguments and what it will ask for, in its order.
func passwordArgs(change backup.PasswordChange) (args []string, typed []backup.Secret, err error) {
	switch {
	case change.Old == "" && change.New == "":
		return nil, nil, errors.New("change password: neither an old nor a new one")
	case change.Old == "":
		args, typed = []string{"-i", "encryption", "on"}, []backup.Secret{change.New, change.New}
	case change.New == "":
		args, typed = []string{"-i", "encryption", "off"}, []backup.Secret{change.Old}
	default:
		args, typed = []string{"-i", "changepw"}, []backup.Secret{change.Old, change.New, change.New}
	}
	for _, s := range typed {
		if !CanType(s) {
			return nil, nil, fmt.Errorf("change password: %w", errCannotType)
		}
	}
	return args, typed, nil
}

// The phone's word arrives on another connection than the value is read from, and
// may be ahead of it.
const (
	proofTries = 10
	proofPause = 300 * time.Millisecond
)

// provePassword reads whether the phone really encrypts from now on, or not.
func (r *run) provePassword(want bool) error {
	for try := 1; ; try++ {
		values, err := r.job.Phone.Values(r.ctx, "com.apple.mobile.backup")
		switch {
		case r.ctx.Err() != nil:
			return stopCause(r.ctx)
		case err != nil:
			return fmt.Errorf("read WillEncrypt again: %w", err)
		}
		// A phone that never had a password has no such value.
		encrypts, _ := values["WillEncrypt"].(bool)
		if encrypts == want {
			return nil
		}
		if try == proofTries {
			return cause.New(cause.ProtocolError, nil, fmt.Errorf("the phone called the password changed, but its WillEncrypt is still %t", encrypts))
		}
		timer := time.NewTimer(proofPause)
		select {
		case <-timer.C:
		case <-r.ctx.Done():
			timer.Stop()
			return stopCause(r.ctx)
		}
	}
}
