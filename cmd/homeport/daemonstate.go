package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"homeport/agent"
	"homeport/cause"
)

// stateLook is how often the daemon looks whether its state folder still has what names it.
const stateLook = time.Minute

// watchState takes the lock anew when somebody has removed it with the state folder, as cleaners
// do, until stop: without it a second daemon could start. The control socket looks after itself.
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
	again, err := mine.renew(d.app.ctx, dir)
	if again && err == nil {
		d.live.tell(agent.Event{Kind: agent.Service, Time: time.Now(), Message: "the state folder " + dir + " had lost what names this program; it is there again"})
	}
	return err
}

// renew takes the lock anew when its file was removed, and answers whether it had to. The error is
// already-running when somebody else has been quicker.
func (i *instance) renew(ctx context.Context, dir string) (again bool, err error) {
	if i.lock == nil {
		return false, nil
	}
	held, err := i.lock.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(filepath.Join(dir, instanceLock))
	if err == nil && os.SameFile(held, there) {
		return false, nil
	}
	lock, err := lockInstance(ctx, dir)
	if errors.Is(err, errInstance) {
		return false, runsAlready(dir)
	}
	if err != nil {
		return false, err
	}
	_ = i.lock.Close()
	i.lock = lock
	return true, i.write(dir)
}
