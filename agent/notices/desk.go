package notices

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"homeport/cause"
)

// Shower shows notices to whoever is at the computer, from one goroutine.
type Shower interface {
	// Show returns when the notice was handed over, or with ErrNoDesktop when there is nobody
	// to hand it to. Where the system can, it takes the place of the one before it about the
	// same thing (Notice.About).
	Show(ctx context.Context, n Notice) error
	// Withdraw takes the notice about a thing from the screen, where the system can and it is
	// still there.
	Withdraw(ctx context.Context, about string) error
}

// ErrNoDesktop is the error where nobody is logged in to a desktop, as on a server.
var ErrNoDesktop = errors.New("nobody is logged in to a desktop here")

const (
	showLimit = 10 * time.Second // one notice
	showQueue = 16               // notices that wait; the oldest goes first
	deskLook  = time.Minute      // how often somebody is looked for who may see those that nobody saw
	deskAge   = 24 * time.Hour   // after which a notice that nobody saw is no news
	deskLast  = 2 * time.Second  // for what is to be withdrawn when the desk is closed
)

// Desk shows notices, one after the other, in a goroutine of its own. Those that come while
// nobody is logged in wait for somebody, unless they are withdrawn before: a service is
// there before its user is.
type Desk struct {
	shower Shower
	failed func(error)

	work   *queue[slip]
	unseen []slip // the goroutine's own: what nobody was there to see
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// slip is one thing to do: to show a notice, or to withdraw the one about over.
type slip struct {
	notice Notice
	over   string
	put    time.Time
}

// NewDesk opens a desk. failed is told, from the desk's goroutine, why a notice could not be
// shown; it must not block.
func NewDesk(s Shower, failed func(error)) *Desk {
	d := &Desk{shower: s, failed: failed, work: newQueue[slip](showQueue)}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.wait.Go(d.serve)
	return d
}

// Put hands a notice over, and never waits.
func (d *Desk) Put(n Notice) { d.work.put(slip{notice: n, put: time.Now()}) }

// Withdraw says that the notice about a thing is no longer true, and never waits.
func (d *Desk) Withdraw(about string) { d.work.put(slip{over: about}) }

// Close drops what waits to be shown, withdraws what is no longer true, and returns when the
// desk is quiet.
func (d *Desk) Close() {
	d.cancel()
	d.wait.Wait()
}

// serve does one thing after the other until the desk is closed.
func (d *Desk) serve() {
	again := time.NewTimer(deskLook)
	again.Stop()
	defer again.Stop()
	for d.ctx.Err() == nil {
		if s, _, ok := d.work.take(); ok {
			d.do(d.ctx, s)
			if len(d.unseen) > 0 {
				again.Reset(deskLook)
			}
			continue
		}
		select {
		case <-d.work.more:
		case <-again.C:
			if d.retry(); len(d.unseen) > 0 {
				again.Reset(deskLook)
			}
		case <-d.ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), deskLast)
	defer cancel()
	for s, _, ok := d.work.take(); ok; s, _, ok = d.work.take() {
		if s.over != "" {
			d.do(ctx, s)
		}
	}
}

// do does one thing, and keeps a notice that nobody was there to see.
func (d *Desk) do(ctx context.Context, s slip) {
	about := s.over
	if s.over == "" {
		about = s.notice.About
	}
	d.unseen = slices.DeleteFunc(d.unseen, func(u slip) bool { return about != "" && u.notice.About == about })
	err := d.hand(ctx, s)
	if errors.Is(err, ErrNoDesktop) {
		d.keep(s)
	}
	if err != nil && d.ctx.Err() == nil && (s.over == "" || !errors.Is(err, ErrNoDesktop)) {
		d.failed(err)
	}
}

func (d *Desk) keep(s slip) {
	if s.over == "" {
		d.unseen = append(d.unseen, s)
		d.unseen = d.unseen[max(0, len(d.unseen)-showQueue):]
	}
}

// retry shows what nobody has seen yet, if there is somebody now. The first that finds
// nobody ends it.
func (d *Desk) retry() {
	list := d.unseen
	d.unseen = nil
	for i, s := range list {
		if time.Since(s.put) > deskAge {
			continue
		}
		if err := d.hand(d.ctx, s); errors.Is(err, ErrNoDesktop) {
			d.unseen = append(d.unseen, list[i:]...)
			return
		} else if err != nil && d.ctx.Err() == nil {
			d.failed(err)
		}
	}
}

// hand gives one thing to the shower. One that panics or hangs costs no more than this thing.
func (d *Desk) hand(ctx context.Context, s slip) error {
	ctx, cancel := context.WithTimeout(ctx, showLimit)
	defer cancel()
	return cause.Guard(func() error {
		if s.over != "" {
			return d.shower.Withdraw(ctx, s.over)
		}
		return d.shower.Show(ctx, s.notice)
	})
}
