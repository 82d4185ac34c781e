package agent

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"homeport/backup/store"
	"homeport/configs"
)

// stores opens destinations. A store is opened for each use and closed after it,
// because drives come and go; what is kept is that it was recovered once, and the
// claims of the runs on each volume.
type stores struct {
	memory Destinations
	host   store.Host

	mu      sync.Mutex
	known   map[string]*destination // by path
	volumes map[string]*claims      // by volumeOf: two destinations may be on one
}

// destination is what outlives an open store.
type destination struct {
	// recover is full while somebody brings it into order, which may take long; a lock
	// would let nobody out who waits for it.
	recover chan struct{}
	clean   bool        // recovered since the agent started; guarded by recover
	silent  atomic.Bool // a question to its drive is not answered yet
	volume  string      // that it was on when it answered last; guarded by stores.mu
}

func newStores(memory Destinations, host store.Host) *stores {
	if memory == nil {
		memory = nowhere{}
	}
	return &stores{memory: memory, host: host, known: map[string]*destination{}, volumes: map[string]*claims{}}
}

func (s *stores) at(path string) *destination {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.known[path]
	if !ok {
		d = &destination{recover: make(chan struct{}, 1)}
		s.known[path] = d
	}
	return d
}

// claims are those of the volume that the destination at path is on.
func (s *stores) claims(path string) *claims {
	d := s.at(path)
	volume, err := inTime(context.Background(), d, path, func() (string, error) { return volumeOf(path), nil }, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil { // it does not answer, and is what it was
		volume = cmp.Or(d.volume, path)
	}
	d.volume = volume
	c, ok := s.volumes[volume]
	if !ok {
		c = &claims{}
		s.volumes[volume] = c
	}
	return c
}

// open opens the destination at path, the one that is remembered, as this computer;
// the caller closes the store.
func (s *stores) open(ctx context.Context, path string, o store.Options) (*store.Store, *claims, error) {
	o.ID, o.Host = s.memory.ID(path), s.host
	st, err := store.Open(path, o)
	if err != nil {
		return nil, nil, err
	}
	_ = s.memory.Learn(path, st.ID()) // without it the next process learns it
	d := s.at(path)
	if err := d.recoverOnce(ctx, st); err != nil {
		_ = st.Close()
		return nil, nil, err
	}
	return st, s.claims(path), nil
}

// recoverOnce tidies what an earlier process left, the first time.
func (d *destination) recoverOnce(ctx context.Context, st *store.Store) error {
	select {
	case d.recover <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer d.release()
	if d.clean {
		return nil
	}
	if err := st.Recover(ctx); err != nil {
		return err
	}
	d.clean = true
	return nil
}

// still keeps recovery from beginning until done is called; recovering says that it is
// under way already.
func (d *destination) still() (done func(), recovering bool) {
	select {
	case d.recover <- struct{}{}:
		return d.release, false
	default:
		return nil, true
	}
}

func (d *destination) release() { <-d.recover }

// newest finds the newest sound version of a phone, without recovering anything;
// it answers nil when there is none or the destination cannot be read.
func (a *Agent) newest(ctx context.Context, cfg configs.Config, udid string) *store.Version {
	path := cfg.For(udid).Destination
	newest, _ := reading(ctx, a.stores, path, func(st *store.Store) (*store.Version, error) {
		v, ok, err := st.Newest(ctx, udid)
		if err != nil || !ok {
			return nil, err
		}
		return &v, nil
	})
	return newest
}

// lastGood is when the newest sound version of a phone was finished; zero: never,
// or the destination cannot be read, which the checks will tell.
func (a *Agent) lastGood(ctx context.Context, cfg configs.Config, udid string) time.Time {
	if v := a.newest(ctx, cfg, udid); v != nil {
		return v.Finished
	}
	return time.Time{}
}
