package backup

import (
	"maps"
	"time"

	"homeport/cause"
)

// longPrompt is how long a phone must have waited for its passcode to call that a wait
// that ran out. People report one to three minutes, and half a minute before the screen
// switches itself off.
const longPrompt = 30 * time.Second

// PromptMissed completes an error of a phone that says "locked" (MBErrorDomain
// 208, passcode-prompt-unanswered): it has one code for a prompt that was closed and
// one that nobody looked at. seen says that the prompt was seen on the phone, and
// lasted for how long it was up; of a phone that does not tell of it, for how long it
// was silent after the request. Nobody can tell why a short one was closed, so the
// error says what was seen, and a Cancel is told as such by the phone alone.
func PromptMissed(err error, seen bool, lasted time.Duration) error {
	ev := maps.Clone(cause.From(err).Evidence)
	if ev == nil {
		ev = cause.Evidence{}
	}
	up := cause.Seconds(lasted.Seconds())
	if lasted >= longPrompt {
		ev["waited"] = up
	}
	switch {
	case seen && lasted >= longPrompt:
		ev["shownFor"], ev["askedFor"] = up, up
	case seen:
		ev["shownFor"] = up
		if lasted >= time.Second {
			ev["closedAfter"] = up
		}
	}
	return cause.New(cause.PasscodePromptUnanswered, ev, err)
}
