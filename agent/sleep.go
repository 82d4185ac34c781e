package agent

import (
	"sync"
	"time"

	"homeport/cause"
)

// How a sleep of the computer is weighed. A link that breaks on waking breaks within
// wakeGrace, in which some bytes may still arrive that were under way; less than
// leastSleep is no sleep.
const (
	wakeGrace  = 30 * time.Second
	leastSleep = 2 * time.Second
	markEvery  = 5 * time.Second
)

// dozing follows how long the computer has been asleep beside a try. The clocks that are
// compared stand still or go on in sleep and are never set, so that a wall clock set by
// hand looks like nothing.
type dozing struct {
	asleep func() time.Duration // in all, since the computer started

	mu    sync.Mutex
	marks []mark        // signs of life: the newest, and back to before the grace
	woke  time.Time     // when a sleep was noticed; zero: none that is not noted
	nap   time.Duration // how long that was
}

// mark is how long the computer had been asleep at a sign of life.
type mark struct {
	at     time.Time
	asleep time.Duration
}

func newDozing(asleep func() time.Duration, now time.Time) *dozing {
	return &dozing{asleep: asleep, marks: []mark{{now, asleep()}}}
}

// alive is a sign of life. It answers how long the computer slept when the run has shown,
// for longer than the grace, that it outlived that.
func (d *dozing) alive(now time.Time) (slept time.Duration, outlived bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	total := d.asleep()
	last := d.marks[len(d.marks)-1]
	if nap := total - last.asleep; nap >= leastSleep {
		d.woke, d.nap = now, d.nap+nap
	} else if now.Sub(last.at) < markEvery {
		return 0, false
	}
	d.marks = append(d.marks, mark{now, total})
	for len(d.marks) > 2 && now.Sub(d.marks[1].at) >= wakeGrace {
		d.marks = d.marks[1:]
	}
	if d.woke.IsZero() || now.Sub(d.woke) < wakeGrace {
		return 0, false
	}
	slept, d.woke, d.nap = d.nap, time.Time{}, 0
	return slept, true
}

// across is how long the computer slept since the last sign of life that a broken link
// cannot have outlived: the newest that is older than the grace.
func (d *dozing) across(now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	base := d.marks[0]
	for _, m := range d.marks {
		if now.Sub(m.at) >= wakeGrace {
			base = m
		}
	}
	if slept := d.asleep() - base.asleep; slept >= leastSleep {
		return slept
	}
	return 0
}

// slept is how long the computer slept across the end of the try.
func (v *visit) slept() time.Duration {
	if v.doze == nil {
		return 0
	}
	return v.doze.across(time.Now())
}

// alive notes that the run has moved on, and tells of a sleep that did it no harm.
func (r *run) alive(now time.Time) {
	if slept, outlived := r.visit.doze.alive(now); outlived {
		r.visit.tell(Event{Kind: Note, Run: r.id(), Cause: cause.HostSlept,
			Message: "the computer slept for " + cause.Seconds(slept.Round(time.Second).Seconds()).String() + "; the backup goes on"})
	}
}
