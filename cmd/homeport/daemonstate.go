package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/cause"
)

const (
	// stateLook is how often the daemon looks whether its state folder still has what names it.
	stateLook = time.Minute
	// dialLimit is how long it may take to reach oneself.
	dialLimit = 2 * time.Second
)

// watchState makes anew what somebody has removed from the state folder, as cleaners do, until
// stop: without the lock a second daemon could start, and without the socket the verbs would say
// that none runs.
func (d *daemon) watchState(mine *instance) (stop func()) {
	dir := d.app.stateFolder()
	if dir == "" {
		return func() {}
	}
	over := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(stateLook)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			if err := cause.Guard(func() error { return d.restoreState(mine, dir) }); err != nil {
				d.fault(err)
				d.app.tellPanic(err)
			}
		}
	})
	return func() {
		close(over)
		work.Wait()
	}
}

// restoreState looks once.
func (d *daemon) restoreState(mine *instance, dir string) error {
	if err := mine.renew(d.app.ctx, dir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(d.app.ctx, dialLimit)
	defer cancel()
	c, err := status.Dial(ctx, dir)
	if err == nil {
		return c.Close()
	}
	if !errors.Is(err, status.ErrNotRunning) {
		return err
	}
	l, err := status.Listen(dir, d.fault)
	if err == nil {
		err = d.server.Serve(l)
	}
	if err == nil {
		d.live.tell(agent.Event{Kind: agent.Service, Time: time.Now(), Message: "the state folder " + dir + " had lost what names this program; it is there again"})
	}
	return err
}

// renew takes the lock anew when its file was removed. The error is already-running when somebody
// else has been quicker.
func (i *instance) renew(ctx context.Context, dir string) error {
	if i.lock == nil {
		return nil
	}
	held, err := i.lock.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(filepath.Join(dir, instanceLock))
	if err == nil && os.SameFile(held, there) {
		return nil
	}
	lock, err := lockInstance(ctx, dir)
	if errors.Is(err, errInstance) {
		return runsAlready(dir)
	}
	if err != nil {
		return err
	}
	_ = i.lock.Close()
	i.lock = lock
	return i.write(dir)
}
