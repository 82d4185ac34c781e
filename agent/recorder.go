package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"homeport/agent/history"
	"homeport/cause"
)

// Recorder writes what happens into a history. It takes note of events at once and
// writes them later, from a goroutine of its own: no backup waits for it or fails with
// it. What cannot be written now is tried again while there is room to remember it.
type Recorder struct {
	db   *history.DB
	warn func(error)
	each func(history.Run) // nil: nobody wants to know

	tellMu sync.Mutex
	phones map[string]*recording // by canonical UDID: those that are plugged in

	mu      sync.Mutex
	waiting []writing
	asked   []chan []history.Run // who wants to know what was left
	wake    chan struct{}
	stop    chan struct{} // closed: write what is left, and end
	stopped sync.Once
	limit   context.CancelFunc // ends a write that takes too long
	done    chan struct{}
}

// writing is one change of the history.
type writing func(context.Context, *history.DB) error

const (
	// mostWritings is how many changes wait while the history cannot be written: days.
	mostWritings = 256
	// writeAgain is the time between two tries to write.
	writeAgain = time.Minute
	// writeLast is how long Close tries to write what is left.
	writeLast = 5 * time.Second
	// pruneEvery is the time between two looks for what is too old.
	pruneEvery = 24 * time.Hour
)

// NewRecorder begins to write into db, which Close closes. warn is told, once for each
// time that it begins, that the history cannot be written.
func NewRecorder(db *history.DB, warn func(error)) *Recorder {
	ctx, limit := context.WithCancel(context.Background())
	r := &Recorder{
		db: db, warn: warn, phones: map[string]*recording{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), limit: limit, done: make(chan struct{}),
	}
	go r.work(ctx)
	return r
}

// Each has f told every try that ends from now on, as it is written down. It must be
// called before the first event, and f must not wait.
func (r *Recorder) Each(f func(history.Run)) { r.each = f }

// Close writes what is left, within seconds, and ends.
func (r *Recorder) Close() error {
	if r == nil {
		return nil
	}
	r.stopped.Do(func() { close(r.stop) })
	late := time.AfterFunc(writeLast, r.limit)
	defer late.Stop()
	<-r.done
	r.limit()
	return r.db.Close()
}

// later has a change written soon.
func (r *Recorder) later(w writing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) >= mostWritings {
		r.waiting = r.waiting[1:] // it is older than all that came since
	}
	r.waiting = append(r.waiting, w)
	r.rouse()
}

// rouse has the goroutine look; the caller holds the lock.
func (r *Recorder) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// work writes until stop, and then what is left.
func (r *Recorder) work(ctx context.Context) {
	defer close(r.done)
	again := time.NewTimer(writeAgain)
	defer again.Stop()
	broken, pruned := false, time.Time{}
	for over := false; !over; {
		if r.some() && time.Since(pruned) > pruneEvery {
			pruned = time.Now()
			r.later(func(ctx context.Context, db *history.DB) error { return db.Prune(ctx, time.Now()) })
		}
		err := r.writeAll(ctx)
		if err != nil && !broken {
			r.warn(fmt.Errorf("what happens is not in the history for now: %w", err))
		}
		broken = err != nil
		r.answer(ctx, broken)
		again.Reset(writeAgain)
		select {
		case <-r.stop:
			over = true
		case <-r.wake:
		case <-again.C:
		}
	}
	if err := r.writeAll(ctx); err != nil && !broken {
		r.warn(fmt.Errorf("the end is not in the history: %w", err))
	}
}

func (r *Recorder) some() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting) > 0
}

// writeAll writes what waits, in its order. What fails stays, but for a file that
// refuses everything.
func (r *Recorder) writeAll(ctx context.Context) error {
	for {
		r.mu.Lock()
		if len(r.waiting) == 0 {
			r.mu.Unlock()
			return nil
		}
		next := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.mu.Unlock()
		err := cause.Guard(func() error { return next(ctx, r.db) })
		switch {
		case err == nil:
		case isPanic(err):
			return err // it would panic again
		case errors.Is(err, history.ErrNewer):
			return err
		default:
			r.mu.Lock()
			if len(r.waiting) < mostWritings {
				r.waiting = append([]writing{next}, r.waiting...)
			}
			r.mu.Unlock()
			return err
		}
	}
}

// left are the runs that nobody has ended and whose program is gone, after all that was
// noted before was written. A history that cannot be written or read has none.
func (r *Recorder) left(ctx context.Context) []history.Run {
	if r == nil {
		return nil
	}
	answer := make(chan []history.Run, 1)
	r.mu.Lock()
	r.asked = append(r.asked, answer)
	r.rouse()
	r.mu.Unlock()
	select {
	case list := <-answer:
		return list
	case <-ctx.Done():
	case <-r.done:
	}
	return nil
}

// answer tells those who asked what was left: nothing, while nobody could write down that
// it was told.
func (r *Recorder) answer(ctx context.Context, broken bool) {
	r.mu.Lock()
	asked := r.asked
	r.asked = nil
	r.mu.Unlock()
	for _, a := range asked {
		var list []history.Run
		if !broken {
			_ = cause.Guard(func() (err error) {
				list, err = r.db.Left(ctx)
				return err
			})
		}
		a <- list
	}
}
