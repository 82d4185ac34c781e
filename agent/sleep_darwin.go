package agent

import (
	"time"

	"golang.org/x/sys/unix"
)

// hostAsleep is how long the computer has been asleep since it was started: what
// CLOCK_MONOTONIC_RAW counts and CLOCK_UPTIME_RAW does not; neither is ever adjusted
// (clock_gettime(3) of macOS).
func hostAsleep() time.Duration { return clockGap(unix.CLOCK_MONOTONIC_RAW, unix.CLOCK_UPTIME_RAW) }
