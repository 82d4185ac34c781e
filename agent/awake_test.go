package agent

import (
	"context"
	"errors"
	"testing"
	"time"

	"homeport/cause"
)

// bed is a computer that would like to sleep.
type bed struct {
	err   error
	panic bool
	why   []string
	held  int
}

func (b *bed) Hold(_ context.Context, why string) (func(), error) {
	b.why = append(b.why, why)
	if b.panic {
		panic("in a waker")
	}
	if b.err != nil {
		return nil, b.err
	}
	b.held++
	return func() { b.held-- }, nil
}

// TestAwakeDuringARun holds the computer awake while a backup runs, and at no other time. One
// that refuses is told once, and the backup is made all the same.
func TestAwakeDuringARun(t *testing.T) {
	for name, tt := range map[string]struct {
		bed  bed
		told int
	}{
		"it stays awake": {bed{}, 0}, "it refuses": {bed{err: errors.New("access denied")}, 1}, "it cannot be asked": {bed{err: ErrNoWaker}, 0},
		"it breaks": {bed{panic: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := &tt.bed
			during := -1
			play(t, nil, func(t *testing.T, s *stage) {
				s.agent.opts.Waker = b
				s.engine.does(func(context.Context) error {
					during = b.held
					time.Sleep(time.Minute) // the bubble's clock
					return cause.New(cause.DeviceBackupAgentCrashed, nil, nil)
				})
				s.phone.set(func() { s.phone.locked = true })
				link := s.attach()
				s.pass(time.Minute)
				if len(b.why) > 0 {
					t.Error("it is kept awake while the phone is waited for")
				}
				s.phone.set(func() { s.phone.locked = false })
				s.pass(15 * time.Second)
				if want := map[bool]int{true: 1, false: 0}[tt.bed.err == nil && !tt.bed.panic]; during != want {
					t.Errorf("held %d times during the run", during)
				}
				s.pass(2 * time.Minute)
				s.detach(link)
				s.pass(time.Minute)
				s.attach()
				s.pass(5 * time.Minute)
				if b.held != 0 || len(s.tries()) != 2 || len(b.why) != 2 || b.why[0] != "backing up Anna" {
					t.Errorf("held %d, tries %v, asked %q", b.held, s.tries(), b.why)
				}
				if list := s.diary.all(Note); len(list) != tt.told {
					t.Errorf("told %+v", list)
				}
			})
		})
	}
}
