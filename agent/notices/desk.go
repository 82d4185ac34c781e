package notices

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Shower shows a notice to whoever is at the computer. It returns when the notice was handed
// over, or with ErrNoDesktop when there is nobody to hand it to.
type Shower interface {
	Show(ctx context.Context, n Notice) error
}

// ErrNoDesktop is the error where nobody is logged in to a desktop, as on a server.
var ErrNoDesktop = errors.New("nobody is logged in to a desktop here")

const (
	showLimit = 10 * time.Second // one notice
	showQueue = 16               // notices that wait; the oldest goes first
)

// Desk shows notices, one after the other, in a goroutine of its own.
type Desk struct {
	shower Shower
	failed func(error)

	work   *queue[Notice]
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// NewDesk opens a desk. failed is told, from the desk's goroutine, why a notice could not be
// shown; it must not block.
func NewDesk(s Shower, failed func(error)) *Desk {
	d := &Desk{shower: s, failed: failed, work: newQueue[Notice](showQueue)}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.wait.Go(func() {
		for n := range d.work.all(d.ctx) {
			if err := d.show(n); err != nil && d.ctx.Err() == nil {
				d.failed(err)
			}
		}
	})
	return d
}

// Put hands a notice over, and never waits.
func (d *Desk) Put(n Notice) { d.work.put(n) }

// Close drops what waits, and returns when the desk is quiet.
func (d *Desk) Close() {
	d.cancel()
	d.wait.Wait()
}

// show shows one notice. A shower that panics or hangs costs no more than this notice.
func (d *Desk) show(n Notice) (err error) {
	ctx, cancel := context.WithTimeout(d.ctx, showLimit)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("show notice: %v", r)
		}
	}()
	return d.shower.Show(ctx, n)
}
