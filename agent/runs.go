package agent

import "sync"

// runs counts the backups under way, so that an agent which has done its work can
// let the others end.
type runs struct {
	mu    sync.Mutex
	n     int
	quiet chan struct{} // not nil: no new ones; closed when the last has ended
}

// begin counts one more, unless there are to be no new ones.
func (r *runs) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quiet != nil {
		return false
	}
	r.n++
	return true
}

func (r *runs) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n--; r.n == 0 && r.quiet != nil {
		close(r.quiet)
	}
}

// count is how many are under way.
func (r *runs) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// drain lets no new run begin, and answers a channel that is closed when none is
// under way. It is called once.
func (r *runs) drain() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quiet = make(chan struct{})
	if r.n == 0 {
		close(r.quiet)
	}
	return r.quiet
}
