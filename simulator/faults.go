package simulator

import (
	"context"
	"sync"
)

// Fault is something that goes wrong once, as a value: play it with Phone.Play or Simulator.Play. The faults are the types of this
// package that have a String method and Fault in their comment.
type Fault interface {
	String() string
	fault() // only this package knows where a phone can break
}

// Played is a fault that has been planned.
type Played struct {
	fault Fault
	meter *meter
	bytes byteWatch // nil for a fault that does not watch bytes
	used  int       // guarded by meter.mu: how often a counted fault has acted
	once  sync.Once
	done  chan struct{} // closed when it happens
	over  chan struct{} // closed when it has no effect any more
}

// Fired tells whether the fault has happened (for one that acts for a while: has begun).
func (p *Played) Fired() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Done is closed when the fault happens.
func (p *Played) Done() <-chan struct{} { return p.done }

// String is the fault's own text.
func (p *Played) String() string { return p.fault.String() }

// Cancel ends the fault's effect, or takes it from the plan when it has not happened; it then does not count as unfired.
func (p *Played) Cancel() { p.meter.drop(p) }

func (p *Played) fired() { p.once.Do(func() { close(p.done) }) }

// byteFault is a fault that acts at or on bytes of a channel.
type byteFault interface {
	Fault
	watch() byteWatch
}

// byteWatch is the state of one played byteFault. before returns how many of n bytes may pass now, waiting if need be; after learns
// that n bytes passed on w.
type byteWatch interface {
	on(Channel) bool
	before(ctx context.Context, p *Played, n int) int
	after(w *wire, p *Played, n int)
}

// counted is the part that all byte watches share: which channel, and how many bytes are still to pass.
type counted struct {
	channel Channel
	mu      sync.Mutex
	left    int64
}

func (c *counted) on(channel Channel) bool {
	return channel == c.channel || c.channel == ChannelAny && channel != ChannelMux
}

// room is how many of n bytes may pass before the count is reached.
func (c *counted) room(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(min(int64(n), max(c.left, 0)))
}

// pass takes n bytes off and tells whether the count is now reached for the first time.
func (c *counted) pass(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left < 0 {
		return false
	}
	if c.left -= int64(n); c.left > 0 {
		return false
	}
	c.left = -1
	return true
}
