package agent

import (
	"context"

	"homeport/backup"
)

// PasswordChanger sets, changes and removes a phone's backup password. Both
// engines are one.
//
// ChangePassword returns nil only when the phone has said that it is done and its
// WillEncrypt (domain com.apple.mobile.backup) is what was asked for. The phone
// shows its passcode sheet first, from iOS 13 on: report is then told
// backup.PhasePasscode, and backup.PhaseWaiting when the sheet is gone. It is
// called from one goroutine at a time and must not block.
//
// Errors carry a cause: backup-password-unknown when the old password is not the
// phone's (207), passcode-prompt-unanswered or passcode-prompt-cancelled (208),
// encryption-required-by-policy when a profile forbids the change (22),
// sync-lock-held while another program works with the phone,
// backup-service-refused, device-internal-error or unknown for another code of the
// phone's, protocol-error when the phone said that it is done and is not, those
// of a connection that broke, and what context.Cause(ctx) carries when ctx ended,
// within 5 s. After an error the phone may have the old password or the new one;
// whoever asks must read WillEncrypt again, and no error ever holds a password.
type PasswordChanger interface {
	ChangePassword(ctx context.Context, change backup.PasswordChange, report func(backup.Progress)) error
}

// Restorer puts a published version onto a phone. Both engines are one.
//
// Restore reads job.Dir and never changes it. The caller has proven the version,
// byte for byte, and keeps it from being removed. What is sent is what was
// sealed: a body whose bytes do not match job.Sum must not reach the phone as
// good, and ends the restore with version-damaged.
//
// It returns nil only when the phone ended the request with 0. That the link goes
// after that is normal: the phone restarts. Before the request an error means
// that nothing on the phone has changed. After it the phone may hold a mixture of
// old and new, and the restore has to be started again, from the beginning;
// report has then been told backup.PhaseWaiting, which an engine tells directly
// before it sends the request.
//
// Errors carry a cause: backup-newer-than-phone (203), backup-refused-by-phone
// (204, 205 and 209), backup-password-unknown (207), passcode-prompt-unanswered
// or passcode-prompt-cancelled (208), find-my-on (211), setup-not-finished (212),
// backup-blocked-by-restriction (22), icloud-restore-running (25),
// restore-no-room (102, 105, 106), device-internal-error or unknown for another code,
// version-damaged, device-hostile, sync-lock-held, backup-service-refused, those
// of a connection that broke, and what context.Cause(ctx) carries when ctx ended,
// within 5 s. report is called from one goroutine at a time, at most some times a
// second, and must not block.
type Restorer interface {
	Restore(ctx context.Context, job backup.RestoreJob, report func(backup.Progress)) (backup.RestoreResult, error)
}
