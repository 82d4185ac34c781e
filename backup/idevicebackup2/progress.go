package idevicebackup2

import (
	"sync"
	"time"

	"homeport/backup"
)

// reportEvery is how often progress is told while the phase stays the same.
const reportEvery = 250 * time.Millisecond

// progress puts together what the tool's lines, the relay and the phone's
// notifications tell, and reports it from one of them at a time.
type progress struct {
	report func(backup.Progress)

	mu    sync.Mutex
	state backup.Progress
	last  time.Time

	asked  time.Time     // when the tool said that it asks the phone; zero: not yet
	silent time.Duration // from then until the phone did something, 0: it has not yet
}

func newProgress(report func(backup.Progress)) *progress {
	if report == nil {
		report = func(backup.Progress) {}
	}
	return &progress{report: report, state: backup.Progress{Phase: backup.PhaseConnecting}}
}

// lines takes what the tool has said.
func (p *progress) lines(s said) {
	p.change(func(st *backup.Progress) {
		p.time(s, time.Now())
		if order[s.phase] > order[p.settled()] {
			st.Phase = s.phase
		}
		if s.passcode && st.Phase == backup.PhaseWaiting {
			st.Phase = backup.PhasePasscode
		}
		st.Percent = max(st.Percent, s.percent)
		st.Files = max(st.Files, s.files)
	})
}

// time notes how long the phone kept silent after the request. The caller holds the lock.
func (p *progress) time(s said, now time.Time) {
	waits := order[backup.PhaseWaiting]
	if p.asked.IsZero() && order[s.phase] >= waits {
		p.asked = now
	}
	if p.silent == 0 && !p.asked.IsZero() && (order[s.phase] > waits || s.code != 0) {
		p.silent = max(1, now.Sub(p.asked))
	}
}

// silence is how long the phone kept silent after the request.
func (p *progress) silence() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent == 0 && !p.asked.IsZero() {
		return time.Since(p.asked)
	}
	return p.silent
}

// settled is the phase without the passcode, which is a kind of waiting.
func (p *progress) settled() backup.Phase {
	if p.state.Phase == backup.PhasePasscode {
		return backup.PhaseWaiting
	}
	return p.state.Phase
}

// prompt says whether the phone shows its passcode sheet.
func (p *progress) prompt(up bool) {
	p.change(func(st *backup.Progress) {
		switch {
		case up && (st.Phase == backup.PhaseConnecting || st.Phase == backup.PhaseWaiting):
			st.Phase = backup.PhasePasscode
		case !up && st.Phase == backup.PhasePasscode:
			st.Phase = backup.PhaseWaiting
		}
	})
}

// bytes says how much has come from the phone, and where the time went.
func (p *progress) bytes(n int64, spent backup.Spent) {
	p.change(func(st *backup.Progress) { st.Bytes, st.Spent = max(st.Bytes, n), spent })
}

// start tells the first phase, and again tells the state although nothing
// changed, as a sign of life.
func (p *progress) start() { p.again() }

func (p *progress) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	p.report(p.state)
}

func (p *progress) change(do func(*backup.Progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.state
	do(&p.state)
	if p.state == before {
		return
	}
	if t := time.Now(); p.state.Phase != before.Phase || t.Sub(p.last) >= reportEvery {
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
