package agent

import "time"

const (
	// clockLook is how often a wait looks whether the wall clock was set, or stood on while
	// the computer slept and timers did not.
	clockLook = 5 * time.Minute
	// clockSlack is by how much the clocks may part without anything being decided anew: time
	// servers move the wall clock by less.
	clockSlack = time.Minute
)

// clocks compares the wall clock with the one that timers go by.
type clocks struct {
	wall         func() time.Time
	begun, wall0 time.Time
}

func newClocks(wall func() time.Time) clocks { return clocks{wall, time.Now(), wall()} }

// parted reports whether the two have gone differently far since the beginning.
func (c clocks) parted() bool {
	apart := c.wall().Sub(c.wall0) - time.Since(c.begun)
	return apart > clockSlack || apart < -clockSlack
}
