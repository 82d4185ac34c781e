package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// waits are what a person was told in the newest run, with the seconds since its begin
// and those that the prompt had been shown.
func (s *stage) waits() []string {
	var list []string
	for _, e := range s.diary.all(Waiting) {
		list = append(list, e.Time.Sub(s.begun).Round(time.Second).String()+" "+e.Message+" "+cause.Seconds(e.Shown).String())
	}
	return list
}

func TestCoach(t *testing.T) {
	t.Parallel()
	phase := func(p backup.Phase) func(*stage) { return func(s *stage) { s.engine.says(backup.Progress{Phase: p}) } }
	pass := func(d time.Duration) func(*stage) { return func(s *stage) { s.pass(d) } }
	connecting, waiting, prompt, receiving := phase(backup.PhaseConnecting), phase(backup.PhaseWaiting), phase(backup.PhasePasscode), phase(backup.PhaseReceiving)
	for name, c := range map[string]struct {
		acts []func(*stage)
		want []string
	}{
		"entered at once": {
			[]func(*stage){connecting, waiting, pass(time.Second), prompt, pass(9 * time.Second), waiting, pass(5 * time.Second), receiving},
			[]string{"1s " + enterPasscode + " 0 s"}},
		"the prompt stays": {
			[]func(*stage){waiting, prompt, pass(20 * time.Minute)},
			[]string{"0s " + enterPasscode + " 0 s", "1m0s " + stillPasscode + " 1 min"}},
		"the prompt comes back": { // the person looked away, and it is no new prompt to tell of
			[]func(*stage){waiting, prompt, pass(40 * time.Second), waiting, pass(4 * time.Second), prompt, pass(30 * time.Second)},
			[]string{"0s " + enterPasscode + " 0 s", "1m5s " + stillPasscode + " 1 min 1 s"}},
		"no notification, and nothing moves": {
			[]func(*stage){waiting, pass(10 * time.Minute)},
			[]string{"5s " + lookAtPhone + " 0 s", "45s " + gettingReady + " 0 s"}},
		"a slow notification": {
			[]func(*stage){waiting, pass(7 * time.Second), prompt, pass(3 * time.Second), waiting, pass(time.Minute)},
			[]string{"5s " + lookAtPhone + " 0 s", "7s " + enterPasscode + " 0 s", "55s " + gettingReady + " 0 s"}},
		"it scans for long": {
			[]func(*stage){waiting, prompt, pass(10 * time.Second), waiting, receiving, pass(5 * time.Minute)},
			[]string{"0s " + enterPasscode + " 0 s", "55s " + gettingReady + " 0 s"}},
		"it sends": {
			[]func(*stage){waiting, receiving, func(s *stage) { s.receives(1000) }, pass(time.Hour)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				s.engine.holds(0)
				s.attach()
				for _, act := range c.acts {
					act(s)
				}
				got := s.waits()
				if !slices.Equal(got, c.want) {
					t.Errorf("told\n%q, want\n%q", got, c.want)
				}
			})
		})
	}
}

// TestCoachCounts has the seconds of an open prompt in what programs read.
func TestCoachCounts(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		s.attach()
		s.engine.says(backup.Progress{Phase: backup.PhasePasscode})
		s.pass(21 * time.Second)
		var shown []float64
		for _, e := range s.diary.all(Progress) {
			if e.Shown > 0 {
				shown = append(shown, e.Shown)
			}
		}
		if !slices.Equal(shown, []float64{5, 10, 15, 20}) {
			t.Errorf("shown for %v", shown)
		}
	})
}

// TestMissedPasscode lets the prompt go by: it comes back once, at the next unlock, then
// not before the hour is over, nor by a re-plug, and three times in a day at most.
func TestMissedPasscode(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.does(func(context.Context) error {
			time.Sleep(90 * time.Second) // the bubble's clock
			return backup.PromptMissed(cause.New(cause.PasscodePromptUnanswered, nil, errors.New("208")), true, 90*time.Second)
		})
		l := s.attach()
		s.pass(2 * time.Minute)
		failed := s.diary.all(Failed)
		if len(failed) != 1 || failed[0].Error.Evidence["shownFor"] != cause.Seconds(90) || !strings.Contains(failed[0].Error.Message, "1 min 30 s") {
			t.Fatalf("told %+v", failed)
		}
		s.phone.set(func() { s.phone.locked = true })
		s.pass(20 * time.Minute)
		s.phone.set(func() { s.phone.locked = false }) // looked for each 5 min by now
		s.pass(8 * time.Minute)
		if n := len(s.tries()); n != 2 {
			t.Fatalf("%d tries after the unlock", n)
		}
		for range 2 { // neither a re-plug nor another unlock brings it back now
			s.detach(l)
			s.pass(time.Minute)
			l = s.attach()
			s.phone.set(func() { s.phone.locked = true })
			s.pass(2 * time.Minute)
			s.phone.set(func() { s.phone.locked = false })
			s.pass(5 * time.Minute)
		}
		if n := len(s.tries()); n != 2 {
			t.Errorf("%d tries within the hour", n)
		}
		s.pass(20 * time.Hour)
		if n := len(s.tries()); n != 3 {
			t.Errorf("%d tries in a day", n)
		}
		s.engine.holds(0)
	})
}

// TestShortPasscode has the prompt close after some seconds, seen or not: nobody said that
// it was cancelled, and the next unlock brings it back.
func TestShortPasscode(t *testing.T) {
	for _, seen := range []bool{true, false} {
		t.Run(fmt.Sprintf("seen %t", seen), func(t *testing.T) {
			play(t, nil, func(t *testing.T, s *stage) {
				s.engine.does(func(context.Context) error {
					time.Sleep(8 * time.Second) // the bubble's clock
					return backup.PromptMissed(cause.New(cause.PasscodePromptUnanswered, nil, errors.New("208")), seen, 8*time.Second)
				})
				s.attach()
				s.pass(10 * time.Second)
				if list := s.diary.all(Failed); len(list) != 1 || list[0].Error.ExitCode != cause.ExitFailed {
					t.Errorf("told %+v", list)
				}
				if n := len(s.tries()); n != 1 {
					t.Errorf("%d tries of an unlocked phone", n)
				}
				s.phone.set(func() { s.phone.locked = true })
				s.pass(3 * time.Second) // as who sees the question vanish
				s.phone.set(func() { s.phone.locked = false })
				s.pass(3 * time.Second)
				if n := len(s.tries()); n != 2 {
					t.Errorf("%d tries after the unlock", n)
				}
				s.pass(10 * time.Second)
			})
		})
	}
}

// TestCancelledPasscode never comes back by itself: not for an unlock, not for days.
func TestCancelledPasscode(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.does(func(context.Context) error {
			time.Sleep(10 * time.Second) // the bubble's clock
			return cause.New(cause.PasscodePromptCancelled, nil, errors.New("cancelled on the phone"))
		})
		s.attach()
		s.pass(time.Minute)
		for range 3 {
			s.phone.set(func() { s.phone.locked = true })
			s.pass(12 * time.Hour)
			s.phone.set(func() { s.phone.locked = false })
			s.pass(12 * time.Hour)
		}
		if n := len(s.tries()); n != 1 {
			t.Errorf("%d tries", n)
		}
	})
}
