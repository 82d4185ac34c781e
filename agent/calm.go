package agent

import (
	"context"
	"sync"
	"time"
)

// calm knows whether something happens that a scrub must not disturb: a backup, a
// phone that comes.
type calm struct {
	pause time.Duration // how long nothing may have happened

	mu    sync.Mutex
	busy  int
	since time.Time // when something last happened
	end   context.CancelCauseFunc
}

// disturb ends a scrub that is under way, and lets none begin for a while.
func (c *calm) disturb() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Now()
	if c.end != nil {
		c.end(errDisturbed)
	}
}

// enter begins something during which nothing is read, until leave.
func (c *calm) enter() (leave func()) {
	c.disturb()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.busy--
		c.since = time.Now()
	}
}

// left is how long it has still to stay calm.
func (c *calm) left() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy > 0 {
		return c.pause
	}
	return c.pause - time.Since(c.since)
}

// wait returns when nothing has happened for a while, or with the cause of ctx.
func (c *calm) wait(ctx context.Context) error {
	for {
		d := c.left()
		if d <= 0 {
			return nil
		}
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

// during returns a context that ends when something happens. There is one at a time.
func (c *calm) during(ctx context.Context) (context.Context, func()) {
	ctx, end := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy > 0 || time.Since(c.since) < c.pause {
		end(errDisturbed) // between the wait and now
	}
	c.end = end
	return ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end = nil
		end(nil)
	}
}
