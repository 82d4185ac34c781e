//go:build unix

package agent

import (
	"time"

	"golang.org/x/sys/unix"
)

// clockGap is by how much one clock is ahead of another; 0 when a clock is not there.
func clockGap(ahead, behind int32) time.Duration {
	var a, b unix.Timespec
	if unix.ClockGettime(ahead, &a) != nil || unix.ClockGettime(behind, &b) != nil {
		return 0
	}
	return time.Duration(a.Nano() - b.Nano())
}
