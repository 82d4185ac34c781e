package agent

import (
	"sync"
	"time"

	"homeport/backup"
	"homeport/cause"
	"homeport/preflight"
)

// When the coach speaks.
const (
	coachTick = 5 * time.Second
	// lookAfter is how long a phone that should ask for its passcode may stay silent
	// before somebody should look at it: it may not tell that it asks.
	lookAfter = 5 * time.Second
	// remindAfter is when an open prompt is mentioned once more.
	remindAfter = time.Minute
	// readyAfter is when it is said what a phone does that neither asks nor sends.
	readyAfter = 45 * time.Second
)

// What the coach says.
const (
	enterPasscode = "enter the passcode on the iPhone now"
	stillPasscode = "the iPhone still waits for its passcode; enter it there now"
	lookAtPhone   = "look at the iPhone: it may ask for its passcode"
	gettingReady  = "the iPhone is getting its files ready; a first backup can take several minutes here"
)

// coach stays with the person until the phone sends: it tells of the passcode prompt at
// once, reminds of it once, counts its time, and says what is going on while nothing
// seems to. Each thing is said once in a run.
type coach struct {
	say  func(message string, shown time.Duration) // a thing to do, or to know
	show func(shown time.Duration)                 // the prompt is up, so long
	held func() bool                               // nothing goes on for another reason, which is told
	slot *slot                                     // of the run

	asks bool // the phone should ask, by its iOS

	mu       sync.Mutex
	over     bool
	timer    *time.Timer
	phase    backup.Phase
	since    time.Time // of the phase
	asked    time.Time // when the backup was asked for; zero: not yet
	prompted bool      // the prompt was seen
	shown    time.Duration
	said     map[string]bool
	percent  float64
}

// coach makes the coach of a run.
func (r *run) newCoach() *coach {
	return &coach{
		said: map[string]bool{}, asks: asksForPasscode(r.visit.findings), held: r.drive.silent.Load, slot: r.visit.slot,
		say: func(message string, shown time.Duration) {
			e := Event{Kind: Waiting, Run: r.id(), Message: message, Shown: tenths(shown)}
			if message != gettingReady {
				e.Cause = cause.PasscodePromptUnanswered
			}
			r.visit.tell(e)
		},
		show: func(shown time.Duration) {
			r.visit.tell(Event{Kind: Progress, Run: r.id(), Shown: tenths(shown), Progress: &RunProgress{Phase: backup.PhasePasscode}})
		},
	}
}

// asksForPasscode reads the prediction of the checks.
func asksForPasscode(findings []preflight.Finding) bool {
	for _, f := range findings {
		if asks, ok := f.Evidence["passcodeNeeded"].(bool); ok && f.Check == "passcode" {
			return asks
		}
	}
	return false
}

// follow is told each progress of the run. What it has to say comes before that is told.
func (c *coach) follow(p backup.Progress, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	c.percent = p.Percent
	if p.Phase != c.phase {
		c.enter(p.Phase, now)
	}
	if c.idle() {
		c.look(now)
	}
}

// enter begins a phase.
func (c *coach) enter(p backup.Phase, now time.Time) {
	if c.phase == backup.PhasePasscode {
		c.shown += now.Sub(c.since)
	}
	c.phase, c.since = p, now
	if c.asked.IsZero() && p != backup.PhaseConnecting {
		c.asked = now
	}
	c.prompted = c.prompted || p == backup.PhasePasscode
	if p != backup.PhasePasscode && p != backup.PhaseWaiting {
		c.slot.back()
	}
	if c.idle() && c.timer == nil {
		c.timer = time.AfterFunc(coachTick, c.tick)
	}
}

// idle reports whether the phone still keeps everybody waiting.
func (c *coach) idle() bool {
	switch c.phase {
	case backup.PhaseWaiting, backup.PhasePasscode:
		return true
	case backup.PhaseReceiving:
		return c.percent == 0
	}
	return false
}

func (c *coach) tick() {
	_ = cause.Guard(func() error { c.beat(); return nil }) // who coaches must not end what is coached
}

func (c *coach) beat() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = nil
	if c.over || !c.idle() {
		return
	}
	now := time.Now()
	c.look(now)
	if c.phase == backup.PhasePasscode {
		c.show(c.up(now))
	}
	c.timer = time.AfterFunc(coachTick, c.tick)
}

// up is how long the prompt has been shown.
func (c *coach) up(now time.Time) time.Duration {
	if c.phase == backup.PhasePasscode {
		return c.shown + now.Sub(c.since)
	}
	return c.shown
}

// look says what there is to say now.
func (c *coach) look(now time.Time) {
	up, here := c.up(now), now.Sub(c.since)
	switch {
	case c.phase == backup.PhasePasscode && up < remindAfter:
		c.once(enterPasscode, up)
	case c.phase == backup.PhasePasscode:
		c.once(enterPasscode, up)
		c.once(stillPasscode, up)
		c.slot.lend() // nobody may come for half an hour: that must not keep the other phones waiting
	case c.phase == backup.PhaseWaiting && c.asks && !c.prompted && here >= lookAfter && here < readyAfter:
		c.once(lookAtPhone, 0)
	case here >= readyAfter && !c.held():
		c.once(gettingReady, 0)
	}
}

func (c *coach) once(message string, shown time.Duration) {
	if c.said[message] {
		return
	}
	c.said[message] = true
	c.say(message, shown)
}

// stop ends the coach: nothing is said after it.
func (c *coach) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.timer != nil {
		c.timer.Stop()
	}
}
