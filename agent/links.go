package agent

import "time"

// The rules for links that come and go.
const (
	// unplugGrace is how long "unplugged" is held back for a re-attach: a phone
	// that switches its USB configuration leaves and comes back by itself.
	unplugGrace = 2 * time.Second
	// A phone that attached flapCount times in flapWindow has a loose contact;
	// a run then waits for flapCalm without another event.
	flapCount  = 3
	flapWindow = time.Minute
	flapCalm   = 10 * time.Second
)

// contact remembers the recent attachments of one phone.
type contact struct {
	attaches []time.Time
	last     time.Time // the newest attach or detach
	told     time.Time // when the fault was last told
}

// attached notes an attachment.
func (c *contact) attached(now time.Time) {
	c.attaches = append(c.attaches, now)
	c.last = now
	c.forget(now)
}

// detached notes a detachment.
func (c *contact) detached(now time.Time) { c.last = now }

func (c *contact) forget(now time.Time) {
	for len(c.attaches) > 0 && now.Sub(c.attaches[0]) > flapWindow {
		c.attaches = c.attaches[1:]
	}
}

// flaps says how often the phone attached within the window, when that is often
// enough to be a fault, and else 0.
func (c *contact) flaps(now time.Time) int {
	c.forget(now)
	if len(c.attaches) < flapCount {
		return 0
	}
	return len(c.attaches)
}

// calmIn is how long to wait until a flapping phone counts as calm.
func (c *contact) calmIn(now time.Time) time.Duration {
	if c.flaps(now) == 0 {
		return 0
	}
	return max(0, flapCalm-now.Sub(c.last))
}

// tell reports whether a flapping contact should be told now: once per window,
// because it begins a new wait each time that it lets go.
func (c *contact) tell(now time.Time) bool {
	if now.Sub(c.told) <= flapWindow {
		return false
	}
	c.told = now
	return true
}
