package mobilebackup2

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// TestHowLongThePromptWasUp counts the time on the screen, and nothing after it.
func TestHowLongThePromptWasUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &watch{shown: make(chan struct{})}
		close(w.shown)
		w.show(true, time.Now())
		time.Sleep(8 * time.Second)
		w.show(false, time.Now())
		time.Sleep(time.Minute)
		locked := cause.New(cause.PasscodePromptUnanswered, nil, errors.New("208"))
		e := cause.From(w.explain(locked, time.Minute))
		if e.Evidence["closedAfter"] != cause.Seconds(8) || e.ExitCode() != cause.ExitFailed {
			t.Errorf("closed: %v", e.Evidence)
		}
		w.show(true, time.Now())
		time.Sleep(22 * time.Second)
		if e := cause.From(w.explain(locked, 0)); e.Evidence["askedFor"] != cause.Seconds(30) || e.ExitCode() != cause.ExitWaitedInVain {
			t.Errorf("up again: %v", e.Evidence)
		}
	})
}

// TestSilentPrompt has a phone that does not tell of its prompt: its silence counts.
func TestSilentPrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &watch{shown: make(chan struct{})}
		locked := cause.New(cause.PasscodePromptUnanswered, nil, errors.New("208"))
		for silent, exit := range map[time.Duration]int{8 * time.Second: cause.ExitFailed, time.Minute: cause.ExitWaitedInVain} {
			if e := cause.From(w.explain(locked, silent)); e.ExitCode() != exit {
				t.Errorf("%v: exit %d, %v", silent, e.ExitCode(), e.Evidence)
			}
		}
	})
}
