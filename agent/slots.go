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
	most int // as the last one that came was told
	wait []chan struct{}
}

func newSlots() *slots { return &slots{} }

// slot is the place of one run. One goroutine at a time uses it.
type slot struct {
	of   *slots
	lent bool
}

// lend lets another run have the place, of one that waits for its owner.
func (s *slot) lend() {
	if !s.lent {
		s.lent = true
		s.of.give()
	}
}

// back goes on as if it had never been lent: a phone that sends cannot be made to wait. So there
// may be one run more than there should be, until the next one ends.
func (s *slot) back() {
	if !s.lent {
		return
	}
	s.lent = false
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.used++
}

// give ends it.
func (s *slot) give() {
	if !s.lent {
		s.of.give()
	}
}

// take waits for a slot among most. busy is called once when there is none at once.
func (s *slots) take(ctx context.Context, most int, busy func()) (*slot, error) {
	s.mu.Lock()
	s.most = most
	if s.used < most {
		s.used++
		s.mu.Unlock()
		return &slot{of: s}, nil
	}
	turn := make(chan struct{})
	s.wait = append(s.wait, turn)
	s.mu.Unlock()
	busy()
	select {
	case <-turn:
		return &slot{of: s}, nil
	case <-ctx.Done():
		s.leave(turn)
		return nil, context.Cause(ctx)
	}
}

// give hands the slot to the first that waits.
func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wait) == 0 || s.used > s.most {
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
