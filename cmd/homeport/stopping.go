package main

import (
	"context"
	"os"
	"time"

	"homeport/agent"
	"homeport/cause"
)

const (
	// stopWord is how long a stop may take before it is told that it goes on.
	stopWord = 3 * time.Second
	// stopMost is how long it may take at all: a finished backup has two minutes to be
	// published. Units of the service have it a few seconds later.
	stopMost = 145 * time.Second
)

// stopper is what a stop does that takes long.
type stopper struct {
	tell func(message string)
	end  func() // ends the process
}

// watch follows the stop that begins with the end of ctx, until done. What it cannot wait for
// is a drive that hangs in the kernel: nothing calls that back, and what was received there is
// brought into order at the next start.
func (s stopper) watch(ctx context.Context) (done func()) {
	over, ended := context.WithCancel(context.Background())
	follow := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(follow)
		_ = cause.Guard(func() error { s.follow(over); return nil })
	})
	return func() {
		ended()
		if !stop() {
			<-follow
		}
	}
}

func (s stopper) follow(over context.Context) {
	if !rest(over, stopWord) {
		return
	}
	s.tell("stopping: what is under way is being brought to its end")
	if !rest(over, stopMost-stopWord) {
		return
	}
	s.tell("stopped without what is still under way: it does not end; its drive may not answer")
	s.end()
}

// rest waits for d, and answers whether it was as long as that.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// stopper is the daemon's.
func (d *daemon) stopper() stopper {
	return stopper{
		tell: func(message string) {
			d.live.tell(agent.Event{Kind: agent.Service, Time: time.Now(), Message: message})
		},
		end: func() { os.Exit(cause.ExitUnexpected) },
	}
}
