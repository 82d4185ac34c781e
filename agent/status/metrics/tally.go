package metrics

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"homeport/agent/history"
	"homeport/cause"
)

// durations are the bounds of how long a run takes, in seconds: from some, as an
// incremental backup may take, to a day.
var durations = []float64{10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400}

// tally counts the runs of one phone. Its label may change with the phone's name; the
// counts stay its own.
type tally struct {
	udid, name string
	runs       map[ending]uint64
	took       map[history.Outcome]*spread
	last       map[history.Outcome]float64 // seconds since 1970
	phases     map[string]float64          // seconds
	received   float64                     // bytes
	failing    int                         // failures since the last good one
	mended     bool                        // there was a good one
}

// ending is how runs ended.
type ending struct {
	outcome history.Outcome
	why     cause.ID
}

// spread is a histogram.
type spread struct {
	count   uint64
	sum     float64
	buckets map[float64]uint64 // by upper bound: how many took as long or less
}

func newTally(udid string) *tally {
	return &tally{
		udid: udid, runs: map[ending]uint64{}, took: map[history.Outcome]*spread{},
		last: map[history.Outcome]float64{}, phases: map[string]float64{},
	}
}

func (t *tally) add(r history.Run) {
	t.runs[ending{r.Outcome, r.Cause}]++
	switch r.Outcome {
	case history.BackedUp:
		t.failing, t.mended = 0, true
	case history.Failed:
		t.failing++
	}
	t.received += float64(max(0, r.Received))
	for _, p := range r.Phases {
		t.phases[p.Phase] += max(0, p.Seconds)
	}
	if r.Ended.IsZero() { // nobody saw its end
		return
	}
	t.last[r.Outcome] = max(t.last[r.Outcome], seconds(r.Ended))
	if t.took[r.Outcome] == nil {
		t.took[r.Outcome] = newSpread()
	}
	t.took[r.Outcome].observe(r.Seconds)
}

func newSpread() *spread {
	s := &spread{buckets: map[float64]uint64{}}
	for _, bound := range durations {
		s.buckets[bound] = 0
	}
	return s
}

func (s *spread) observe(v float64) {
	s.count++
	s.sum += v
	for bound := range s.buckets {
		if v <= bound {
			s.buckets[bound]++
		}
	}
}

// then is t with what was counted after it.
func (t *tally) then(later *tally) *tally {
	if t == nil {
		return later
	}
	t.name = cmp.Or(later.name, t.name)
	if later.mended {
		t.failing, t.mended = 0, true
	}
	t.failing += later.failing
	t.received += later.received
	for e, n := range later.runs {
		t.runs[e] += n
	}
	for o, at := range later.last {
		t.last[o] = max(t.last[o], at)
	}
	for p, s := range later.phases {
		t.phases[p] += s
	}
	for o, s := range later.took {
		if t.took[o] == nil {
			t.took[o] = newSpread()
		}
		t.took[o].count += s.count
		t.took[o].sum += s.sum
		for bound, n := range s.buckets {
			t.took[o].buckets[bound] += n
		}
	}
	return t
}

// tell puts the counts out under a label. m.mu is held.
func (t *tally) tell(ch chan<- prometheus.Metric, label string) {
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	for e, n := range t.runs {
		counter(descRuns, float64(n), label, string(e.outcome), string(e.why))
	}
	counter(descReceived, t.received, label)
	for p, s := range t.phases {
		counter(descPhases, s, label, p)
	}
	for o, s := range t.took {
		ch <- prometheus.MustNewConstHistogram(descSeconds, s.count, s.sum, maps.Clone(s.buckets), label, string(o))
	}
	for o, at := range t.last {
		ch <- prometheus.MustNewConstMetric(descLastRun, prometheus.GaugeValue, at, label, string(o))
	}
}

// inOrder are the tallies by UDID.
func inOrder(tallies map[string]*tally) []*tally {
	return slices.SortedFunc(maps.Values(tallies), func(x, y *tally) int { return cmp.Compare(x.udid, y.udid) })
}
