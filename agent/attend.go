package agent

import (
	"context"
	"sync"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// attend has f deal with the phone behind a link, for a verb: a link that w
// reports as gone ends it, and the error says why a connection broke.
func (a *Agent) attend(ctx context.Context, w Watcher, l usbmux.Link, noWait bool, f func(context.Context, *visit) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	var follower sync.WaitGroup
	t := newTie(l, cancel)
	follower.Go(func() { a.followDetached(w, []*tie{t}, stop) })
	defer follower.Wait()
	defer close(stop)
	v := &visit{phone: a.phone(l.UDID), agent: a, link: l, tie: t, silent: true, noWait: noWait, patience: true}
	v.handset = a.opts.Dial(l)
	defer func() { _ = v.handset.Close() }() // it may be another one by then
	begun := time.Now()
	v.greet(ctx)
	return v.explain(ctx, f(ctx, v), begun)
}

// trusted makes sure of the phone's trust, waiting for what the person has to do.
func (v *visit) trusted(ctx context.Context) error {
	var err error
	for range mostWaits {
		if err = v.handset.Trust(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		failure := cause.From(err)
		if v.noWait || !waitable(failure.ID) {
			return err
		}
		if err := v.waitFor(ctx, failure); err != nil {
			return err
		}
	}
	return err
}
