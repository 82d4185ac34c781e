package main

import (
	"sync"
	"time"

	"homeport/cause"

	"homeport/agent/history"
	"homeport/agent/status/metrics"
	"homeport/configs"
)

// textfileEvery is how often the file for node_exporter is written; it is scraped as
// often as that, usually.
const textfileEvery = time.Minute

// meter is what the daemon measures, and where that can be read.
type meter struct {
	metrics *metrics.Metrics
	cannot  func(what string, err error)

	mu       sync.Mutex
	asked    configs.Metrics
	listener *metrics.Listener
	over     chan struct{}
	stopped  sync.Once
	nudge    chan struct{}
	working  sync.WaitGroup
}

// newMeter measures d. It costs nothing until the settings want it.
func (d *daemon) newMeter() *meter {
	var past metrics.Past // nil, and not a pointer that is
	if d.past != nil {
		past = d.past
	}
	m := &meter{metrics: metrics.New(d.snapshot, past), cannot: d.cannot, over: make(chan struct{}), nudge: make(chan struct{}, 1)}
	if d.app.recorder != nil {
		d.app.recorder.Each(m.ran)
	}
	m.working.Go(m.write)
	return m
}

func (m *meter) ran(r history.Run) {
	m.metrics.Ran(r)
	m.rouse()
}

func (m *meter) rouse() {
	select {
	case m.nudge <- struct{}{}:
	default:
	}
}

// apply does as the settings say. What cannot be is told, and nothing depends on it.
func (m *meter) apply(want configs.Metrics) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if want.Listen != m.asked.Listen {
		m.cannot("the metrics did not end cleanly", m.silence())
		if want.Listen != "" {
			l, err := m.metrics.Listen(want.Listen)
			m.cannot("the metrics are not there", err)
			m.listener = l
		}
	}
	m.asked = want
	m.rouse()
}

// silence ends the listener; m.mu is held.
func (m *meter) silence() error {
	if m.listener == nil {
		return nil
	}
	l := m.listener
	m.listener = nil
	return l.Close()
}

// write keeps the file for node_exporter fresh: after each run, and by the clock. That it
// cannot be written is told once, until it can again.
func (m *meter) write() {
	told := false
	var tick <-chan time.Time // nil while there is no file to write
	for {
		select {
		case <-m.over:
			return
		case <-tick:
		case <-m.nudge:
		}
		tick = nil
		m.mu.Lock()
		path := m.asked.Textfile
		m.mu.Unlock()
		if path == "" {
			continue
		}
		tick = time.After(textfileEvery)
		err := cause.Guard(func() error { return m.metrics.WriteFile(path) })
		if err != nil && !told {
			m.cannot("the file of metrics is not written", err)
		}
		told = err != nil
	}
}

// close ends it. A file that was written stays, and its age shows in it.
func (m *meter) close() {
	m.stopped.Do(func() { close(m.over) })
	m.working.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cannot("the metrics did not end cleanly", m.silence())
}
