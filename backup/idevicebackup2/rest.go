package idevicebackup2

import "time"

// rest knows since when a program has done nothing: a little of the processor's
// time goes into looking at the clock twice a second, as the tool does.
type rest struct {
	since time.Time
	used  time.Duration
}

// idle is how long that is, by what the program has used until now.
func (r *rest) idle(now time.Time, used time.Duration, known bool) time.Duration {
	elapsed := now.Sub(r.since)
	if !known || r.since.IsZero() || used-r.used > 2*clockStep+elapsed/50 {
		r.since, r.used = now, used
		return 0
	}
	return elapsed
}

// clockStep is how coarsely systems count a program's time.
const clockStep = 10 * time.Millisecond
