// Package metrics owns what Prometheus sees of Homeport: gauges read from the picture of
// package status at each scrape, counters of the runs that ended, a listener, and a file
// for node_exporter's textfile collector.
//
// Labels are names that people gave, never a UDID, a serial number or a path of a
// version. Names, units and types follow Prometheus' conventions: base units, counters
// that end in _total.
package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"homeport/agent/history"
	"homeport/agent/status"
)

// Past is what earlier runs of the program have done; *history.DB is it.
type Past interface {
	Phones(context.Context) ([]history.Phone, error)
	Ended(ctx context.Context, before time.Time) ([]history.Run, error)
}

// Metrics gathers what is measured. Its methods may be called by several goroutines.
type Metrics struct {
	own     *prometheus.Registry // what Homeport has to say
	process *prometheus.Registry // what the program itself needs: memory, descriptors, goroutines
	past    Past
	began   time.Time

	reading sync.Mutex
	known   bool // the past was read

	mu      sync.Mutex // held shortly: an event waits for it
	names   names
	tallies map[string]*tally // by UDID without case and dash
}

// New prepares the metrics of one program. snapshot is called at each scrape, and past
// (nil: nobody knows) at the first that it can answer: what ended before now is counted
// from it, and what ends from now on from Ran.
func New(snapshot func(context.Context) status.Snapshot, past Past) *Metrics {
	m := &Metrics{
		own: prometheus.NewPedanticRegistry(), process: prometheus.NewPedanticRegistry(),
		past: past, began: time.Now(), names: names{}, tallies: map[string]*tally{},
	}
	m.process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.own.MustRegister(&stand{metrics: m, snapshot: snapshot})
	return m
}

// Ran counts a run that has ended. A phone that was not tried does not count.
func (m *Metrics) Ran(r history.Run) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count(r)
}

// count adds a run to its phone's tally. m.mu is held.
func (m *Metrics) count(r history.Run) {
	if r.Outcome == "" || r.Outcome == history.Skipped {
		return
	}
	key := status.FoldUDID(r.UDID)
	t := m.tallies[key]
	if t == nil {
		t = newTally(r.UDID)
		m.tallies[key] = t
	}
	if r.Name != "" {
		t.name = r.Name
	}
	t.add(r)
}

// remember counts the past, once. A history that cannot be read now is asked again at the
// next scrape. Phones get their labels in the order in which they were first seen: that is
// the same after each start.
func (m *Metrics) remember(ctx context.Context) {
	m.reading.Lock()
	defer m.reading.Unlock()
	if m.known || m.past == nil {
		return
	}
	phones, err := m.past.Phones(ctx)
	if err != nil {
		return
	}
	runs, err := m.past.Ended(ctx, m.began)
	if err != nil {
		return
	}
	m.known = true
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names.first(phones)
	since := m.tallies
	m.tallies = map[string]*tally{}
	for _, r := range runs {
		m.count(r)
	}
	for key, t := range since {
		m.tallies[key] = m.tallies[key].then(t)
	}
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
