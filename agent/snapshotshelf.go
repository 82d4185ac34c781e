package agent

import (
	"context"
	"sync"
	"time"

	"homeport/agent/history"
	"homeport/agent/status"
	"homeport/backup/store"
	"homeport/usbmux"
)

const (
	shelfAge    = 10 * time.Second       // after which the drives are asked again, if anybody looks
	glanceLimit = 700 * time.Millisecond // how long is waited for what was never read, or has changed
)

// shelf is what the destinations and the history hold, as it was read last. Drives sleep,
// hang and go: each is read beside, by one reader at a time, and shown as it was
// meanwhile. A reader that a drive keeps for ever stays alone.
type shelf struct {
	agent *Agent

	mu    sync.Mutex
	spots map[string]*spot // by path; "" is the history
	infos map[store.VersionID]versionInfo
	shown map[string]held // by path
	past  map[string]pastPhone
}

// spot is one place that is read.
type spot struct {
	read    time.Time     // zero: never, or what was read is known to be old
	stale   bool          // it changed while it was read
	reading chan struct{} // closed when the reading that is under way ends; nil: there is none
}

// held is what one destination holds.
type held struct {
	state  status.Destination
	phones map[string]heldPhone // by canonical UDID
}

// heldPhone is a phone with versions.
type heldPhone struct {
	udid, name, productType, iosVersion string
	versions                            []status.Version
}

// pastPhone is what the history says of a phone.
type pastPhone struct {
	phone   history.Phone
	trouble *status.Trouble // its last run failed
	left    string          // why there was no run when it was here last
	leftAt  time.Time
}

func newShelf(a *Agent) *shelf {
	return &shelf{agent: a, spots: map[string]*spot{}, infos: map[store.VersionID]versionInfo{}, shown: map[string]held{}, past: map[string]pastPhone{}}
}

// look has everything read again that is old, and waits for what was never read or is
// known to have changed: at most limit, or with no limit as long as ctx holds.
func (s *shelf) look(ctx context.Context, limit time.Duration) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var wait []<-chan struct{}
	for _, path := range append(s.agent.destinations(), "") {
		if done := s.refresh(path, limit == 0); done != nil {
			wait = append(wait, done)
		}
	}
	for _, done := range wait {
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

// refresh begins to read a place, unless what is known is fresh or a reader is there. It
// answers what to wait for, or nil when what is known will do, or will have to.
func (s *shelf) refresh(path string, always bool) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, known := s.spots[path]
	if !known {
		one = &spot{}
		s.spots[path] = one
	}
	old := one.read.IsZero()
	if one.reading == nil && (always || old || time.Since(one.read) > shelfAge) {
		one.reading, one.stale = make(chan struct{}), false
		go s.readAt(path, one)
		old = true // whoever comes while a drive hangs does not wait again
	}
	if old || always {
		return one.reading
	}
	return nil
}

// readAt reads one place and shows what it holds.
func (s *shelf) readAt(path string, one *spot) {
	var (
		now  held
		past map[string]pastPhone
	)
	s.agent.guard("read what there is", func() {
		if path == "" {
			past = s.agent.readPast()
		} else {
			now = s.readDestination(path)
		}
	})
	s.mu.Lock()
	if path == "" {
		s.past = past
	} else {
		s.shown[path] = now
	}
	one.read = time.Now()
	if one.stale {
		one.read = time.Time{}
	}
	close(one.reading)
	one.reading = nil
	s.mu.Unlock()
	if change := s.agent.opts.Changed; change != nil {
		change()
	}
}

// spoil says that what was read is old: a backup was made, or versions were removed.
func (s *shelf) spoil() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.spots {
		one.read = time.Time{}
		one.stale = one.reading != nil
	}
}

// shelfView is a copy of what is shown. What its maps hold is never changed.
type shelfView struct {
	shown map[string]held
	past  map[string]pastPhone
	asked map[string]bool // an answer is awaited
}

func (s *shelf) view() shelfView {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := shelfView{shown: map[string]held{}, past: s.past, asked: map[string]bool{}}
	for path, h := range s.shown {
		v.shown[path] = h
	}
	for path, one := range s.spots {
		v.asked[path] = one.reading != nil && one.read.IsZero()
	}
	return v
}

// destination is how one folder stands.
func (v shelfView) destination(path string) status.Destination {
	d := v.shown[path].state
	d.Path, d.Asked = path, v.asked[path]
	return d
}

// there reports whether one folder could be read.
func (v shelfView) there(path string) bool { return v.shown[path].state.There }

// phone is what one folder holds of one phone.
func (v shelfView) phone(path, udid string) heldPhone {
	return v.shown[path].phones[usbmux.CanonicalUDID(udid)]
}
