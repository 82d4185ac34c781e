package mobilebackup2

import (
	"sync"
	"time"

	"homeport/backup"
)

// reportEvery is how often progress is told while the phase stays the same.
const reportEvery = 250 * time.Millisecond

// progress gathers what the session and the notification watcher see, and
// reports it from one of them at a time.
type progress struct {
	report func(backup.Progress)
	// measure tells where the time went; only the session's goroutine may call it.
	measure func() backup.Spent

	mu    sync.Mutex
	state backup.Progress
	last  time.Time
}

func newProgress(report func(backup.Progress)) *progress {
	if report == nil {
		report = func(backup.Progress) {}
	}
	return &progress{report: report}
}

// phase says what the run is doing now; a change is told at once.
func (p *progress) phase(ph backup.Phase) {
	p.change(func(s *backup.Progress) { s.Phase = ph }, true)
}

// phaseFrom changes the phase only from one of those given.
func (p *progress) phaseFrom(to backup.Phase, from ...backup.Phase) {
	p.change(func(s *backup.Progress) {
		for _, f := range from {
			if s.Phase == f {
				s.Phase = to
			}
		}
	}, true)
}

// received adds what has arrived.
func (p *progress) received(bytes int64, files int) {
	p.change(func(s *backup.Progress) {
		s.Bytes += bytes
		s.Files += files
		p.take(s)
	}, false)
}

// percent raises the share of the whole, which never falls.
func (p *progress) percent(f float64) {
	p.change(func(s *backup.Progress) {
		s.Percent = max(s.Percent, f)
		p.take(s)
	}, false)
}

func (p *progress) take(s *backup.Progress) {
	if p.measure != nil {
		s.Spent = p.measure()
	}
}

// again tells the state although nothing changed, as a sign of life.
func (p *progress) again() { p.change(func(*backup.Progress) {}, true) }

func (p *progress) change(do func(*backup.Progress), now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do(&p.state)
	if t := time.Now(); now || t.Sub(p.last) >= reportEvery {
		p.last = t
		p.report(p.state)
	}
}

// now is the state.
func (p *progress) now() backup.Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}
