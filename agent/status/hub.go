package status

import (
	"errors"
	"sync"
	"time"
)

// What a reader of events may have waiting, and how often it is told of what moves all
// the time.
const (
	mostQueued = 256                    // events; then the reader is given the whole picture instead
	pace       = 250 * time.Millisecond // between two times that progress, or the picture, is told
)

// errFull refuses one more reader of events.
var errFull = errors.New("too many programs follow Homeport already; end one of them")

// message is one server-sent event.
type message struct {
	event string
	data  []byte
}

// hub hands events to all who read them, and waits for none of them.
type hub struct {
	mu   sync.Mutex
	subs map[*subscriber]struct{}
	over chan struct{} // closed by close
	done bool
}

func newHub() *hub { return &hub{subs: map[*subscriber]struct{}{}, over: make(chan struct{})} }

// watched reports whether anybody reads.
func (h *hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) > 0
}

// subscribe adds a reader; most bounds those of one kind.
func (h *hub) subscribe(kind string, most int) (*subscriber, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for s := range h.subs {
		if s.kind == kind {
			n++
		}
	}
	if n >= most || h.done {
		return nil, errFull
	}
	s := &subscriber{kind: kind, moving: map[string]message{}, dirty: true, wake: make(chan struct{}, 1)}
	s.rouse()
	h.subs[s] = struct{}{}
	return s, nil
}

func (h *hub) leave(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, s)
}

// publish hands an event to every reader. phone is whom it is about, "" for nobody;
// an event that moves is replaced by a newer one of the same phone.
func (h *hub) publish(m message, phone string, moves bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.put(m, phone, moves)
	}
}

// changed says that the picture may be another one.
func (h *hub) changed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.stir()
	}
}

// close ends all readers.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.done {
		h.done = true
		close(h.over)
	}
}

// subscriber is what waits for one reader. Its memory is bounded: of what moves only
// the newest is kept, and of all else mostQueued.
type subscriber struct {
	kind string
	wake chan struct{} // something waits

	mu     sync.Mutex
	queue  []message
	moving map[string]message // by phone
	dirty  bool               // the picture may have changed
	lost   bool               // events were dropped
}

func (s *subscriber) put(m message, phone string, moves bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if moves {
		s.moving[phone] = m
		s.rouse()
		return
	}
	delete(s.moving, phone) // older than this one
	s.dirty = true
	if len(s.queue) >= mostQueued {
		s.queue, s.lost = nil, true
	}
	if !s.lost {
		s.queue = append(s.queue, m)
	}
	s.rouse()
}

func (s *subscriber) stir() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty = true
	s.rouse()
}

func (s *subscriber) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// batch is what a reader is told next.
type batch struct {
	events []message
	lost   bool // events are missing before these
	status bool // the picture may have changed
}

// take gives what waits; with moving also what moves, and the picture.
func (s *subscriber) take(moving bool) batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := batch{events: s.queue, lost: s.lost}
	s.queue, s.lost = nil, false
	if !moving {
		return b
	}
	for _, m := range s.moving {
		b.events = append(b.events, m)
	}
	clear(s.moving)
	b.status, s.dirty = s.dirty, false
	return b
}
