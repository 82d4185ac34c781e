package agent

import (
	"time"

	"golang.org/x/sys/unix"
)

// hostAsleep is how long the computer has been asleep since it was started: what
// CLOCK_BOOTTIME counts and CLOCK_MONOTONIC does not.
func hostAsleep() time.Duration { return clockGap(unix.CLOCK_BOOTTIME, unix.CLOCK_MONOTONIC) }
