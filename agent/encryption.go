package agent

import (
	"context"
	"errors"

	"homeport/backup"
	"homeport/cause"
	"homeport/usbmux"
)

// The lockdown domain that tells about backups.
const backupDomain = "com.apple.mobile.backup"

// Encryption is how a phone makes its backups.
type Encryption struct {
	On       bool // a backup password is set
	Required bool // a profile forbids backups without one
}

// Passwords are what a change begins from and ends with; see backup.PasswordChange.
type Passwords struct{ Old, New backup.Secret }

// errUnsettled is in the error of a change that may have been made nevertheless.
var errUnsettled = errors.New("the phone was asked for the change, and its answer did not come")

// Unsettled reports whether nobody knows if the password was changed: the link
// broke, or the verb was stopped, between the request and the answer.
func Unsettled(err error) bool { return errors.Is(err, errUnsettled) }

// ChangePassword sets, changes or removes the backup password of the phone behind
// a link. It makes sure of the phone's trust first, then has decide look at how
// the phone encrypts now and name the passwords, and tells Waiting when the phone
// wants its passcode. An error of decide ends it before the phone was asked for
// anything. The causes of the others are those of PasswordChanger.
func (a *Agent) ChangePassword(ctx context.Context, w Watcher, l usbmux.Link, decide func(context.Context, Phone, Encryption) (Passwords, error)) error {
	return a.attend(ctx, w, l, false, func(ctx context.Context, v *visit) error {
		if err := v.trusted(ctx); err != nil {
			return err
		}
		values, err := v.handset.Values(ctx, backupDomain)
		if err != nil {
			return err
		}
		now := Encryption{On: isSet(values["WillEncrypt"]), Required: isSet(values["RequiresEncryption"])}
		words, err := decide(ctx, v.phone.seen(), now)
		if err != nil {
			return err
		}
		return v.changePassword(ctx, words)
	})
}

func (v *visit) changePassword(ctx context.Context, words Passwords) error {
	asked := false
	change := backup.PasswordChange{UDID: v.phone.udid, Old: words.Old, New: words.New, Phone: v.handset}
	err := v.agent.opts.Passwords.ChangePassword(ctx, change, func(p backup.Progress) {
		asked = asked || p.Phase == backup.PhaseWaiting
		v.askPasscode(p.Phase)
	})
	if err != nil && asked && !answered(err) {
		return errors.Join(err, errUnsettled)
	}
	return err
}

// askPasscode tells the person that the phone shows its passcode sheet.
func (v *visit) askPasscode(p backup.Phase) {
	if p == backup.PhasePasscode {
		v.tell(Event{Kind: Waiting, Cause: cause.PasscodePromptUnanswered, Message: "enter the passcode on the iPhone now"})
	}
}

// answered reports whether an error is the phone's own answer, after which all is
// as it was.
func answered(err error) bool {
	id, _ := cause.Of(err)
	switch id {
	case cause.BackupPasswordUnknown, cause.PasscodePromptUnanswered, cause.PasscodePromptCancelled,
		cause.EncryptionRequiredByPolicy, cause.DeviceInternalError, cause.DeviceBusy:
		return true
	}
	return false
}

// isSet reads a flag of lockdown's; some phones tell one as a number, and one that
// is not told is off.
func isSet(v any) bool {
	switch b := v.(type) {
	case bool:
		return b
	case uint64:
		return b != 0
	case int64:
		return b != 0
	}
	return false
}
