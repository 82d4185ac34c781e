package main

import (
	"sync"
	"time"

	"homeport/agent/history"
	"homeport/agent/status/metrics"
	"homeport/cause"
	"homeport/configs"
)

// meterEvery is how often the file for node_exporter is written, which is scraped as often
// as that, usually, and how often a listener is tried that could not be opened.
const meterEvery = time.Minute

// meter is what the daemon measures, and where that can be read.
type meter struct {
	metrics *metrics.Metrics
	cannot  func(what string, err error)

	mu       sync.Mutex
	asked    configs.Metrics
	listener *metrics.Listener
	deaf     bool // it was told that there is none
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
		m.deaf = false
	}
	m.asked = want
	m.listen()
	m.rouse()
}

// listen opens the listener that is wanted and not there, as when another program had its
// port. That it cannot is told once, until it can; m.mu is held.
func (m *meter) listen() {
	if m.asked.Listen == "" || m.listener != nil {
		return
	}
	l, err := m.metrics.Listen(m.asked.Listen)
	if err != nil && !m.deaf {
		m.cannot("the metrics are not there", err)
	}
	m.listener, m.deaf = l, err != nil
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
	var tick <-chan time.Time // nil while there is nothing to do by the clock
	for {
		select {
		case <-m.over:
			return
		case <-tick:
		case <-m.nudge:
		}
		tick = nil
		m.mu.Lock()
		m.listen()
		path, deaf := m.asked.Textfile, m.deaf
		m.mu.Unlock()
		if path != "" || deaf {
			tick = time.After(meterEvery)
		}
		if path == "" {
			continue
		}
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
