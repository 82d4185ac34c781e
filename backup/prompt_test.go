package backup

import (
	"errors"
	"testing"
	"time"

	"homeport/cause"
)

func TestPromptMissed(t *testing.T) {
	t.Parallel()
	locked := cause.New(cause.PasscodePromptUnanswered, cause.Evidence{"code": int64(208)}, errors.New("locked"))
	for name, c := range map[string]struct {
		seen  bool
		shown time.Duration
		exit  int
	}{
		"cancelled":  {true, 3 * time.Second, cause.ExitFailed},
		"ran out":    {true, 3 * time.Minute, cause.ExitWaitedInVain},
		"never seen": {false, 0, cause.ExitWaitedInVain},
	} {
		e := cause.From(PromptMissed(locked, c.seen, c.shown))
		_, told := e.Evidence["shownFor"]
		if e.ID != cause.PasscodePromptUnanswered || e.ExitCode() != c.exit || told != c.seen || e.Evidence["code"] != int64(208) {
			t.Errorf("%s: %s, exit %d, %v", name, e.ID, e.ExitCode(), e.Evidence)
		}
	}
}
