package agent

import (
	"context"
	"time"

	"homeport/cause"
)

// guard does something. A panic of it is told, and ends nothing else.
func (a *Agent) guard(what string, f func()) {
	if err := cause.Guard(func() error { f(); return nil }); err != nil {
		a.tellPanic(what, err)
	}
}

func (a *Agent) tellPanic(what string, err error) {
	a.tell(Event{Kind: Service, Cause: causeOf(err), Error: NewFailure(err), Stack: stackOf(err), Message: "something in Homeport broke, while it was to " + what})
}

// persist does something that goes on until ctx ends, and begins it anew some time after it
// panicked.
func (a *Agent) persist(ctx context.Context, what string, f func(context.Context)) {
	for ctx.Err() == nil {
		err := cause.Guard(func() error { f(ctx); return nil })
		if err == nil {
			return
		}
		a.tellPanic(what, err)
		if sleep(ctx, retryPause) != nil {
			return
		}
	}
}

// stumble draws the conclusions of a panic between the tries: it is a try that failed, and
// as the schedule itself may be what broke, the next one waits here.
func (v *visit) stumble(ctx context.Context, err error) (more bool) {
	if !v.settle(ctx, err) {
		return false
	}
	v.stumbles++
	v.await(ctx, plan{at: time.Now().Add(retryPause), never: v.stumbles >= retryMost}, nil)
	return true
}
