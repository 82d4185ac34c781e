package usbmux

import (
	"context"
	"errors"
	"sync"
	"time"

	"homeport/cause"
)

// WatcherOptions sets the pace of a Watcher. A zero field has the value that its
// comment names.
type WatcherOptions struct {
	MinBackoff time.Duration // first pause before usbmuxd is tried again; 1 s, doubled each time
	MaxBackoff time.Duration // longest such pause; 30 s
	Reconcile  time.Duration // how often the device list is compared; 5 min
	Grace      time.Duration // how long links outlive usbmuxd; 5 s
	// SocketPoll is how often a missing or stale socket is looked at where the system tells
	// nothing of its folder; 500 ms. Where it does, ten times as long.
	SocketPoll time.Duration
}

func (o WatcherOptions) withDefaults() WatcherOptions {
	set := func(field *time.Duration, value time.Duration) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&o.MinBackoff, time.Second)
	set(&o.MaxBackoff, 30*time.Second)
	set(&o.Reconcile, 5*time.Minute)
	set(&o.Grace, 5*time.Second)
	set(&o.SocketPoll, 500*time.Millisecond)
	return o
}

// Watcher tells who comes and goes. It outlives usbmuxd: absent, dead, hung or
// talking nonsense, it is tried again after 1 to 30 s, and at once when a new
// socket appears.
type Watcher struct {
	client *Client
	opts   WatcherOptions
	events chan Event

	mu     sync.Mutex
	cancel context.CancelFunc // nil before Open
	wg     sync.WaitGroup
}

// NewWatcher returns a watcher that does nothing before Open.
func NewWatcher(client *Client, opts WatcherOptions) *Watcher {
	return &Watcher{client: client, opts: opts.withDefaults(), events: make(chan Event, 16)}
}

// Open starts watching, until Close or the end of ctx. That usbmuxd is not there
// is no error but an event. A watcher is opened once.
func (w *Watcher) Open(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancel != nil {
		return errors.New("open watcher: it was opened before")
	}
	ctx, w.cancel = context.WithCancel(ctx)
	w.wg.Go(func() {
		defer close(w.events)
		run := &watch{client: w.client, opts: w.opts, events: w.events, links: linkTable{}}
		run.loop(ctx)
	})
	return nil
}

// Events returns what happens, in order; it is closed when the watcher ends. Who
// does not read it holds the watcher up.
func (w *Watcher) Events() <-chan Event { return w.events }

// Close ends the watcher and waits for it.
func (w *Watcher) Close() error {
	w.mu.Lock()
	if w.cancel == nil {
		w.cancel = func() {}
		close(w.events)
	}
	cancel := w.cancel
	w.mu.Unlock()
	cancel()
	w.wg.Wait()
	return nil
}

// watch is a running Watcher: one goroutine owns it.
type watch struct {
	client *Client
	opts   WatcherOptions
	events chan<- Event
	links  linkTable
	up     bool
	told   cause.ID // why usbmuxd was last said to be down
}

// loop connects, listens, and waits to connect again, until ctx ends.
func (w *watch) loop(ctx context.Context) {
	backoff := w.opts.MinBackoff
	var detachAt time.Time
	for {
		before := lookAt(w.client.address)
		began := time.Now()
		err := cause.Guard(func() error { return w.session(ctx) })
		if ctx.Err() != nil {
			return
		}
		// A session that held for a while was a good one: begin anew.
		if w.up && time.Since(began) > w.opts.Grace {
			backoff = w.opts.MinBackoff
		}
		if w.up || detachAt.IsZero() {
			detachAt = time.Now().Add(w.opts.Grace)
		}
		w.down(ctx, err)
		w.pause(ctx, backoff, detachAt, before)
		backoff = min(2*backoff, w.opts.MaxBackoff)
	}
}

// down tells that usbmuxd is not there, once per reason.
func (w *watch) down(ctx context.Context, err error) {
	id, _ := cause.Of(err)
	if w.up || id != w.told {
		w.emit(ctx, Event{Kind: ServiceDown, Err: err})
	}
	w.up, w.told = false, id
}

// pause waits for the backoff or for a new socket. Links whose grace runs out
// meanwhile are gone: no connection to them can be made.
func (w *watch) pause(ctx context.Context, backoff time.Duration, detachAt time.Time, before socketState) {
	retry := time.NewTimer(backoff)
	defer retry.Stop()
	detach := time.NewTimer(time.Until(detachAt))
	defer detach.Stop()
	sight := w.watchSocket()
	defer sight.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-retry.C:
			return
		case <-detach.C:
			w.emit(ctx, w.links.relist(nil)...)
		case <-sight.news:
			if now := lookAt(w.client.address); now.exists && !now.same(before) {
				return
			}
		}
	}
}

// emit hands events out, in order, unless ctx ends.
func (w *watch) emit(ctx context.Context, events ...Event) {
	for _, e := range events {
		select {
		case w.events <- e:
		case <-ctx.Done():
			return
		}
	}
}
