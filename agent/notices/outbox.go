package notices

import (
	"context"
	"fmt"
	"sync"
	"time"

	"homeport/cause"
)

// letter is one request that is to be sent.
type letter struct {
	what string                                       // for an error: "webhook"
	send func(ctx context.Context, dropped int) error // dropped: how many were before it that nobody got
}

const (
	outboxQueue = 100              // letters that wait; the oldest goes first
	tryLimit    = 10 * time.Second // one try of one letter
	lastGrace   = 3 * time.Second  // for what waits when the outbox is closed
)

// tryPauses are between the tries of one letter.
var tryPauses = []time.Duration{2 * time.Second, 15 * time.Second, time.Minute}

// Outbox sends what goes to other computers, one after the other and each in its order, in a
// goroutine of its own.
type Outbox struct {
	failed func(error)

	work   *queue[letter]
	ctx    context.Context // ends when it is closed: no new tries
	last   context.Context // ends soon after it
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// NewOutbox opens an outbox. failed is told, from the outbox's goroutine, what could not be
// sent and why; the error names no address. It must not block.
func NewOutbox(failed func(error)) *Outbox {
	o := &Outbox{failed: failed, work: newQueue[letter](outboxQueue)}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	last, end := context.WithCancel(context.Background())
	o.last = last
	context.AfterFunc(o.ctx, func() { time.AfterFunc(lastGrace, end) })
	o.wait.Go(func() {
		defer end()
		for l, dropped := range o.work.all(o.ctx) {
			o.deliver(l, dropped)
		}
		for l, dropped, ok := o.work.take(); ok && o.last.Err() == nil; l, dropped, ok = o.work.take() {
			o.report(l, o.try(l, dropped))
		}
	})
	return o
}

// Close gives what waits one more try, within a few seconds, and returns when the outbox is
// quiet.
func (o *Outbox) Close() {
	o.cancel()
	o.wait.Wait()
	client.CloseIdleConnections()
}

// put hands a letter over, and never waits.
func (o *Outbox) put(l letter) { o.work.put(l) }

// deliver tries until a letter is sent, or it makes no sense any more.
func (o *Outbox) deliver(l letter, dropped int) {
	for i := 0; ; i++ {
		err := o.try(l, dropped)
		if err == nil || refused(err) || i == len(tryPauses) {
			o.report(l, err)
			return
		}
		t := time.NewTimer(tryPauses[i])
		select {
		case <-t.C:
		case <-o.ctx.Done():
			t.Stop()
			o.report(l, o.try(l, dropped))
			return
		}
	}
}

func (o *Outbox) report(l letter, err error) {
	if err != nil {
		o.failed(fmt.Errorf("send to the %s: %w", l.what, err))
	}
}

// try sends a letter once.
func (o *Outbox) try(l letter, dropped int) error {
	ctx, cancel := context.WithTimeout(o.last, tryLimit)
	defer cancel()
	return cause.Guard(func() error { return l.send(ctx, dropped) })
}
