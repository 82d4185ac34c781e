package agent

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/usbmux"
)

// doze has the computer sleep: its clocks that count that go on, all others stand.
func (s *stage) doze(d time.Duration) { s.asleep.Add(int64(d)) }

// receives has the run bring so many bytes.
func (s *stage) receives(bytes int64) {
	s.engine.says(backup.Progress{Phase: backup.PhaseReceiving, Bytes: bytes, Percent: 10})
}

// breaksOn has each run go on until the channel is closed, and then lose its phone.
func (s *stage) breaksOn(broken <-chan struct{}) {
	s.engine.does(func(ctx context.Context) error {
		select {
		case <-broken:
			return cause.New(cause.DeviceDisconnected, cause.Evidence{"received": cause.Bytes(1)}, errors.New("EOF"))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// TestSleepExplainsABreak has the computer sleep in the middle of a backup.
func TestSleepExplainsABreak(t *testing.T) {
	t.Parallel()
	for name, wakes := range map[string]func(*stage, usbmux.Link, func()){
		"the connection is dead":     func(_ *stage, _ usbmux.Link, broken func()) { broken() },
		"the phone is detached":      func(s *stage, l usbmux.Link, _ func()) { s.detach(l) },
		"some bytes were on the way": func(s *stage, _ usbmux.Link, broken func()) { s.receives(3000); s.pass(time.Second); broken() },
		"usbmuxd did not outlive it": func(s *stage, _ usbmux.Link, broken func()) {
			s.events <- usbmux.Event{Kind: usbmux.ServiceDown}
			broken()
		},
		"a silence, and then the end": func(s *stage, _ usbmux.Link, broken func()) { s.pass(20 * time.Minute); broken() },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				broken := make(chan struct{})
				s.breaksOn(broken)
				l := s.attach()
				s.receives(1000)
				s.pass(time.Minute)
				s.receives(2000)
				s.doze(2 * time.Hour)
				wakes(s, l, func() { close(broken) })
				s.pass(3 * time.Second)
				failed := s.diary.all(Failed)
				if len(failed) != 1 || failed[0].Cause != cause.HostSlept || failed[0].Error.Evidence["asleep"] != cause.Seconds(7200) {
					t.Fatalf("told %+v", failed)
				}
				if !strings.Contains(failed[0].Error.Message, "2 h") {
					t.Errorf("told: %s", failed[0].Error.Message)
				}
			})
		})
	}
}

// TestSleepWithoutHarm has a run outlive a sleep: it is noted, and a break much later is
// not blamed on it.
func TestSleepWithoutHarm(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		broken := make(chan struct{})
		s.breaksOn(broken)
		s.attach()
		s.receives(1000)
		s.pass(time.Minute)
		s.doze(10 * time.Minute)
		for n := range int64(10) {
			s.receives(2000 + n)
			s.pass(10 * time.Second)
		}
		notes := s.diary.all(Note)
		if len(notes) != 1 || notes[0].Cause != cause.HostSlept || !strings.Contains(notes[0].Message, "10 min") {
			t.Errorf("noted %+v", notes)
		}
		close(broken)
		s.pass(time.Second)
		if failed := s.diary.all(Failed); len(failed) != 1 || failed[0].Cause != cause.DeviceBackupAgentCrashed {
			t.Errorf("told %+v", failed)
		}
		s.engine.holds(0)
	})
}

// TestRetryOnWake tries again by itself as soon as the computer is awake, and not for
// ever.
func TestRetryOnWake(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.does(func(context.Context) error {
			time.Sleep(time.Second) // the bubble's clock
			return cause.New(cause.HostSlept, nil, errors.New("as told"))
		})
		s.attach()
		s.pass(12 * time.Hour)
		want := []time.Duration{0, 6 * time.Second, 12 * time.Second, 18 * time.Second}
		if got := s.tries(); !slices.Equal(got, want) {
			t.Errorf("tries at %v, want %v", got, want)
		}
	})
}

func TestHostAsleep(t *testing.T) {
	t.Parallel()
	before := hostAsleep()
	after := hostAsleep()
	if before < -time.Second || after-before > leastSleep || before-after > leastSleep {
		t.Errorf("asleep for %v, then %v", before, after)
	}
}
