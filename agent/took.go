package agent

import (
	"time"

	"homeport/backup"
)

// stopwatch adds up how long a run is in each phase.
type stopwatch struct {
	phase backup.Phase
	since time.Time
	spent map[backup.Phase]time.Duration
}

func newStopwatch(now time.Time) *stopwatch {
	return &stopwatch{phase: backup.PhaseConnecting, since: now, spent: map[backup.Phase]time.Duration{}}
}

// enter begins a phase; the one before has ended.
func (w *stopwatch) enter(p backup.Phase, now time.Time) {
	w.spent[w.phase] += max(0, now.Sub(w.since))
	w.phase, w.since = p, now
}

// in is how long the run has been in a phase, all its times together.
func (w *stopwatch) in(p backup.Phase, now time.Time) time.Duration {
	d := w.spent[p]
	if p == w.phase {
		d += max(0, now.Sub(w.since))
	}
	return d
}

// took is what the run took so far.
func (r *run) took() backup.Took {
	var t backup.Took
	now, spent := time.Now(), r.last.Spent
	seconds := func(list ...backup.Phase) (sum float64) {
		for _, p := range list {
			sum += r.watch.in(p, now).Seconds()
		}
		return sum
	}
	t.Clone = r.stage.Info().Clone.Seconds()
	t.Connecting = seconds(backup.PhaseConnecting)
	t.Waiting = seconds(backup.PhaseWaiting)
	t.Passcode = seconds(backup.PhasePasscode)
	t.Receiving = seconds(backup.PhaseReceiving, backup.PhaseMoving)
	t.Finishing = seconds(backup.PhaseFinishing)
	t.Phone, t.Link, t.Disk = spent.Phone.Seconds(), spent.Link.Seconds(), spent.Disk.Seconds()
	t.Bytes, t.Files = r.last.Bytes, int64(r.last.Files)
	t.LinkSpeed = r.visit.link.SpeedBitsPerSecond
	return t
}
