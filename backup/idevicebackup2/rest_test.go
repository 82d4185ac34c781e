package idevicebackup2

import (
	"testing"
	"time"
)

func TestRest(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	var r rest
	for _, c := range []struct {
		at    float64
		used  time.Duration
		known bool
		idle  time.Duration
	}{
		{0, time.Second, true, 0},
		{5, time.Second, true, 5 * time.Second},
		{20, time.Second + 50*time.Millisecond, true, 20 * time.Second}, // looked at the clock
		{21, 3 * time.Second, true, 0},                                  // worked
		{25, 3 * time.Second, true, 4 * time.Second},
		{26, 0, false, 0}, // waits for the disk
		{27, 3 * time.Second, true, 0},
	} {
		if got := r.idle(at(c.at), c.used, c.known); got != c.idle {
			t.Errorf("after %v s: idle for %v, want %v", c.at, got, c.idle)
		}
	}
}
