package backup

import (
	"maps"
	"time"

	"homeport/cause"
)

// PromptSoonest is the shortest time after which a phone gives up waiting for its
// passcode, with a margin: people report one to three minutes.
const PromptSoonest = 30 * time.Second

// PromptMissed completes an error of a phone that says "locked" (MBErrorDomain
// 208, passcode-prompt-unanswered). It has one code for a prompt that was
// cancelled and one that nobody looked at; how long the prompt was shown is all
// that tells them apart. A prompt that was seen for less than PromptSoonest was
// answered, by a person who did not want to; any other was waited for in vain.
func PromptMissed(err error, seen bool, shown time.Duration) error {
	ev := maps.Clone(cause.From(err).Evidence)
	if ev == nil {
		ev = cause.Evidence{}
	}
	if seen {
		ev["shownFor"] = cause.Seconds(shown.Seconds())
	}
	if !seen || shown >= PromptSoonest {
		ev["waited"] = cause.Seconds(shown.Seconds())
		if seen {
			ev["askedFor"] = ev["waited"]
		}
	}
	return cause.New(cause.PasscodePromptUnanswered, ev, err)
}
