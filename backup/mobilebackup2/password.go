package mobilebackup2

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/backup"
	"homeport/cause"
)

const backupDomain = "com.apple.mobile.backup"

// ChangePassword sets, changes or removes the phone's backup password. It holds
// the sync lock meanwhile, so that no other program backs up under the one
// password and ends under the other. See agent.PasswordChanger for what it
// promises.
func (e *Engine) ChangePassword(ctx context.Context, change backup.PasswordChange, report func(backup.Progress)) error {
	if change.Old == "" && change.New == "" {
		return errors.New("change password: neither an old nor a new one")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job := backup.Job{UDID: change.UDID, Phone: change.Phone}
	r := &run{engine: e, ctx: ctx, cancel: cancel, job: job, prog: newProgress(report)}
	defer r.close()
	l, _, err := r.prepare()
	if err != nil {
		return err
	}
	return r.changePassword(l, change)
}

func (r *run) changePassword(l *link, change backup.PasswordChange) error {
	t := r.newTalk(l, backup.PhaseFinishing)
	t.secrets = []backup.Secret{change.Old, change.New}
	r.prog.phase(backup.PhaseWaiting)
	if err := l.send("DLMessageProcessMessage", passwordRequest(change)); err != nil {
		return t.linkError(err)
	}
	reminder := time.AfterFunc(time.Minute, r.prog.again)
	defer reminder.Stop()
	if err := t.converse(t.strange, t.passwordRefused); err != nil {
		return r.watch.explain(err, t.silent)
	}
	l.goodbye()
	r.good = true
	return r.provePassword(change.New != "")
}

// passwordRequest has the passwords at its top, not among options; one that is
// not there stays away, since an empty text would be a password.
func passwordRequest(change backup.PasswordChange) map[string]any {
	req := map[string]any{"MessageName": "ChangePassword", "TargetIdentifier": change.UDID}
	if change.Old != "" {
		req["OldPassword"] = string(change.Old)
	}
	if change.New != "" {
		req["NewPassword"] = string(change.New)
	}
	return req
}

// strange answers a phone that asks for files in the middle of a request that
// has nothing to do with any.
func (t *talk) strange(m message) error {
	if done, err := t.aside(m); done {
		return err
	}
	if m.name == "DLMessageUploadFiles" {
		return protocolError("files in a change of the password")
	}
	return t.unknown(m)
}

func (t *talk) passwordRefused(r response) error {
	err := errors.New("the phone refused the change of the password: " + backup.PhoneSaid(r.code, r.text))
	id, known := mbErrors[r.code]
	switch {
	case byUser(r.text):
		id = cause.PasscodePromptCancelled
	case !known:
		id = cause.Unknown
	}
	return cause.New(id, cause.Evidence{"code": r.code, "text": r.text}, err)
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
		values, err := r.job.Phone.Values(r.ctx, backupDomain)
		switch {
		case r.ctx.Err() != nil:
			return stopCause(r.ctx)
		case err != nil:
			return linkCause(r.ctx, fmt.Errorf("read WillEncrypt again: %w", err), nil)
		}
		// A phone that never had a password has no such value.
		encrypts, _ := values["WillEncrypt"].(bool)
		if encrypts == want {
			return nil
		}
		if try == proofTries {
			return protocolError("the phone called the password changed, but its WillEncrypt is still %t", encrypts)
		}
		if err := pause(r.ctx, proofPause); err != nil {
			return stopCause(r.ctx)
		}
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
