// Package metrics owns what Prometheus sees of Homeport: gauges read from the picture of
// package status at each scrape, counters of the runs that ended since the program
// started, a listener, and a file for node_exporter's textfile collector.
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

// Metrics gathers what is measured. Its methods may be called by several goroutines.
type Metrics struct {
	registry *prometheus.Registry

	runs     *prometheus.CounterVec
	received *prometheus.CounterVec
	phases   *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	lastRun  *prometheus.GaugeVec

	mu    sync.Mutex
	names names
}

// picture answers how everything stands; it must not wait for a drive or a phone.
type picture func(context.Context) status.Snapshot

// durations are the bounds of how long a run takes, in seconds: from a minute, as an
// incremental backup may take, to a day.
var durations = []float64{10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400}

// New prepares the metrics of one program. snapshot is called at each scrape.
func New(snapshot func(context.Context) status.Snapshot) *Metrics {
	m := &Metrics{registry: prometheus.NewPedanticRegistry(), names: names{}}
	m.runs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeport_runs_total", Help: "Runs that ended since the program started, by outcome and cause; the cause is empty for a good one."},
		[]string{"phone", "outcome", "cause"})
	m.received = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeport_received_bytes_total", Help: "Bytes that phones sent in runs that ended since the program started."}, []string{"phone"})
	m.phases = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeport_run_phase_seconds_total", Help: "Time that runs spent in each phase, since the program started."}, []string{"phone", "phase"})
	m.seconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "homeport_run_duration_seconds", Help: "How long runs took.", Buckets: durations}, []string{"phone", "outcome"})
	m.lastRun = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "homeport_last_run_timestamp_seconds", Help: "When a run last ended, since the program started."}, []string{"phone", "outcome"})
	// What the program itself needs: memory, descriptors, goroutines.
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(m.runs, m.received, m.phases, m.seconds, m.lastRun, &stand{metrics: m, snapshot: snapshot})
	return m
}

// Ran counts a run that has ended. A phone that was not tried is counted with the reason.
func (m *Metrics) Ran(r history.Run) {
	if r.Outcome == "" {
		return
	}
	phone, outcome := m.label(r.UDID, r.Name), string(r.Outcome)
	m.runs.WithLabelValues(phone, outcome, string(r.Cause)).Inc()
	if !r.Ended.IsZero() {
		m.lastRun.WithLabelValues(phone, outcome).Set(seconds(r.Ended))
	}
	if r.Outcome == history.Skipped {
		return
	}
	m.received.WithLabelValues(phone).Add(float64(max(0, r.Received)))
	m.seconds.WithLabelValues(phone, outcome).Observe(r.Seconds)
	for _, p := range r.Phases {
		m.phases.WithLabelValues(phone, p.Phase).Add(max(0, p.Seconds))
	}
}

// label is the name under which a phone is told.
func (m *Metrics) label(udid, name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names.of(udid, name)
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
