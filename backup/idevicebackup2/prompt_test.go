package idevicebackup2

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// TestHowLongThePromptWasUp counts the time on the screen, and nothing after it.
func TestHowLongThePromptWasUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &prompt{asked: make(chan struct{})}
		p.show(true)
		time.Sleep(8 * time.Second)
		p.show(false)
		time.Sleep(time.Minute)
		e := cause.From(p.locked(nil, errors.New("208"), time.Minute))
		if e.Evidence["closedAfter"] != cause.Seconds(8) || e.ExitCode() != cause.ExitFailed {
			t.Errorf("closed: %v", e.Evidence)
		}
		p.show(true)
		time.Sleep(22 * time.Second)
		if e := cause.From(p.locked(nil, errors.New("208"), 0)); e.Evidence["askedFor"] != cause.Seconds(30) || e.ExitCode() != cause.ExitWaitedInVain {
			t.Errorf("up again: %v", e.Evidence)
		}
	})
}

// TestSilence counts from the tool's request to the phone's first doing.
func TestSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProgress(nil)
		p.lines(said{phase: backup.PhaseConnecting})
		time.Sleep(time.Minute)
		p.lines(said{phase: backup.PhaseWaiting})
		time.Sleep(8 * time.Second)
		p.lines(said{phase: backup.PhaseWaiting, code: 208})
		time.Sleep(time.Minute)
		p.lines(said{phase: backup.PhaseFinishing, code: 208})
		if d := p.silence(); d != 8*time.Second {
			t.Errorf("silent for %v", d)
		}
	})
}
