package backup

import (
	"errors"
	"strings"
	"testing"
	"time"

	"homeport/cause"
)

// TestPromptMissed has one exit code for one length of the wait, whether the phone tells
// of its prompt or not.
func TestPromptMissed(t *testing.T) {
	t.Parallel()
	locked := cause.New(cause.PasscodePromptUnanswered, cause.Evidence{"code": int64(208)}, errors.New("locked"))
	for name, c := range map[string]struct {
		seen   bool
		lasted time.Duration
		exit   int
		says   string
	}{
		"closed":             {true, 8 * time.Second, cause.ExitFailed, "was up for 8 s and then closed without the passcode"},
		"closed at once":     {true, 0, cause.ExitFailed, "it was not entered"},
		"ran out":            {true, 3 * time.Minute, cause.ExitWaitedInVain, "asked for 3 min, and nobody entered it"},
		"silent for long":    {false, 30 * time.Second, cause.ExitWaitedInVain, "it was not entered"},
		"silent for a while": {false, 29 * time.Second, cause.ExitFailed, "it was not entered"},
	} {
		e := cause.From(PromptMissed(locked, c.seen, c.lasted))
		_, told := e.Evidence["shownFor"]
		if e.ID != cause.PasscodePromptUnanswered || e.ExitCode() != c.exit || told != c.seen || e.Evidence["code"] != int64(208) {
			t.Errorf("%s: %s, exit %d, %v", name, e.ID, e.ExitCode(), e.Evidence)
		}
		if !strings.Contains(e.Sentence(), c.says) {
			t.Errorf("%s: %s", name, e.Sentence())
		}
	}
}
