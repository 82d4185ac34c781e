package agent

import (
	"context"
	"sync"
)

// slots bounds how many runs go at the same time. The bound may change while
// runs go on; runs that wait come in their order.
type slots struct {
	mu   sync.Mutex
	used int
	wait []chan struct{}
}

func newSlots() *slots { return &slots{} }

// take waits for a slot among most, and returns how to give it back. busy is
// called once when there is none at once.
func (s *slots) take(ctx context.Context, most int, busy func()) (func(), error) {
	s.mu.Lock()
	if s.used < most {
		s.used++
		s.mu.Unlock()
		return s.give, nil
	}
	turn := make(chan struct{})
	s.wait = append(s.wait, turn)
	s.mu.Unlock()
	busy()
	select {
	case <-turn:
		return s.give, nil
	case <-ctx.Done():
		s.leave(turn)
		return nil, context.Cause(ctx)
	}
}

// give hands the slot to the first that waits.
func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wait) == 0 {
		s.used--
		return
	}
	close(s.wait[0])
	s.wait = s.wait[1:]
}

// leave takes turn out of the queue; when it was called at that very moment, its
// slot goes on to the next.
func (s *slots) leave(turn chan struct{}) {
	s.mu.Lock()
	for i, t := range s.wait {
		if t == turn {
			s.wait = append(s.wait[:i], s.wait[i+1:]...)
			s.mu.Unlock()
			return
		}
	}
	s.mu.Unlock()
	s.give()
}
