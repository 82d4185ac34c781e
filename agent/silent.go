package agent

import (
	"context"
	"fmt"
	"time"

	"homeport/backup/store"
	"homeport/cause"
)

// drivePatience is how long a drive may take to answer who only reads: one that
// sleeps needs about ten seconds to turn.
const drivePatience = 15 * time.Second

// read opens the store at path and changes nothing; the caller closes it.
//
// A file system that hangs in the kernel cannot be called back. So a drive that
// does not answer in time is destination-offline, and until it has answered nobody
// waits for it again: whoever asks more than once, as doctor does, is not held up
// each time.
func (s *stores) read(path string) (*store.Store, error) {
	return s.at(path).ask(path, func() (*store.Store, error) { return s.openToRead(path) })
}

func (s *stores) openToRead(path string) (*store.Store, error) {
	return store.Open(path, store.Options{ReadOnly: true, ID: s.memory.ID(path), Host: s.host})
}

// ask gives the store that open opens, or an error when that takes too long; what
// comes later is closed again.
func (d *destination) ask(path string, open func() (*store.Store, error)) (*store.Store, error) {
	return inTime(context.Background(), d, path, open, func(st *store.Store) { _ = st.Close() })
}

// reading has f read the store at path, in time as read does.
func reading[T any](ctx context.Context, s *stores, path string, f func(*store.Store) (T, error)) (T, error) {
	return inTime(ctx, s.at(path), path, func() (T, error) {
		st, err := s.openToRead(path)
		if err != nil {
			var none T
			return none, err
		}
		defer st.Close()
		return f(st)
	}, nil)
}

// inTime asks a drive something that may hang in the kernel. An answer that comes too late,
// or after the end of ctx, is handed to late, which may be nil.
func inTime[T any](ctx context.Context, d *destination, path string, question func() (T, error), late func(T)) (T, error) {
	var none T
	if d.silent.Load() {
		return none, silence(path)
	}
	type answered struct {
		it  T
		err error
	}
	answer := make(chan answered)
	given := make(chan struct{})
	defer close(given)
	go func() {
		var a answered
		a.err = cause.Guard(func() (err error) {
			a.it, err = question()
			return err
		})
		select {
		case answer <- a:
		case <-given:
			if a.err == nil && late != nil {
				late(a.it)
			}
			d.silent.Store(false)
		}
	}()
	patience := time.NewTimer(drivePatience)
	defer patience.Stop()
	select {
	case a := <-answer:
		return a.it, a.err
	case <-patience.C:
		d.silent.Store(true)
		return none, silence(path)
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

func silence(path string) error {
	return cause.New(cause.DestinationOffline, cause.Evidence{"path": path}, fmt.Errorf("open destination: %s does not answer", path))
}
