package agent

import (
	"context"
	"sync"
	"time"

	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// phone is what the agent remembers of one phone over its visits: its links, its
// contact, and how earlier tries ended.
type phone struct {
	agent *Agent
	udid  string

	mu       sync.Mutex
	links    map[int]usbmux.Link // by DeviceID
	visiting int                 // DeviceID of the link of the visit; 0: none
	leave    context.CancelCauseFunc
	known    Phone
	contact  contact
	failures []attempt
	acted    time.Time
	unlocked time.Time
	muxBack  time.Time
	made     time.Time               // when this process last made a good version
	good     time.Time               // when the newest sound version was finished, as far as was seen
	used     int64                   // bytes that the phone holds; 0: not known
	open     time.Time               // when it was last seen unlocked; zero: it was locked when it was last asked
	build    string                  // of its iOS; "": not known
	broke    *broken                 // the last backup, if it lost its phone and nobody knows why yet
	port     string                  // of the computer's bus, where it was seen last; "": not known
	told     plan                    // the last wait that was told
	shown    bool                    // "plugged" was told, and not yet "unplugged"
	returned context.CancelFunc      // ends the wait before "unplugged"; nil: there is none
	asked    *Request                // a person wants a backup now; nil: nobody does
	stop     context.CancelCauseFunc // ends the try that is under way; nil: there is none

	turn  chan struct{} // held by the visit that lives with the phone
	poked chan struct{} // something changed: decide again
}

func newPhone(a *Agent, udid string) *phone {
	return &phone{
		agent: a,
		udid:  udid,
		links: map[int]usbmux.Link{},
		known: Phone{UDID: udid},
		turn:  make(chan struct{}, 1),
		poked: make(chan struct{}, 1),
	}
}

// attach notes a link. The first USB link begins a visit; a network link is
// listed and triggers nothing.
func (p *phone) attach(ctx context.Context, l usbmux.Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.links[l.DeviceID]; known {
		return
	}
	p.links[l.DeviceID] = l
	if l.Connection != usbmux.USB {
		return
	}
	p.contact.attached(time.Now())
	if p.visiting == 0 {
		p.visit(ctx, l)
	}
}

// visit starts living with the phone over l. The caller holds the lock.
func (p *phone) visit(ctx context.Context, l usbmux.Link) {
	if p.returned != nil {
		p.returned()
		p.returned = nil
	}
	ctx, leave := context.WithCancelCause(ctx)
	p.visiting, p.leave = l.DeviceID, leave
	p.agent.visits.Go(func() {
		defer leave(nil)
		select {
		case p.turn <- struct{}{}:
			defer func() { <-p.turn }()
		case <-ctx.Done():
			return
		}
		// A run that the cable ended may end after the phone was plugged in again:
		// its failure came before this act all the same.
		p.sawPlug()
		v := &visit{phone: p, agent: p.agent, link: l, life: p.agent.life, scheduled: true}
		p.agent.guard("attend to the phone", func() { v.live(ctx) })
	})
}

// detach forgets a link. When it was the visit's, the visit ends at once. A phone
// may have come back under another number before its old one is told to be gone:
// then the visit begins anew over that one.
func (p *phone) detach(ctx context.Context, l usbmux.Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l.DeviceID)
	if l.DeviceID != p.visiting {
		return
	}
	p.contact.detached(time.Now())
	p.leave(p.agent.gone())
	p.visiting, p.leave, p.asked = 0, nil, nil
	for _, other := range p.links {
		if other.Connection == usbmux.USB {
			p.visit(ctx, other)
			return
		}
	}
	p.tellGone(ctx)
}

// tellGone tells "unplugged" when the phone does not come back within the grace.
// The caller holds the lock.
func (p *phone) tellGone(ctx context.Context) {
	ctx, back := context.WithCancel(ctx)
	p.returned = back
	p.agent.visits.Go(func() {
		defer back()
		p.agent.guard("see whether the phone comes back", func() { p.leftFor(ctx) })
	})
}

// leftFor tells "unplugged" unless ctx ends before the grace does.
func (p *phone) leftFor(ctx context.Context) {
	if sleep(ctx, unplugGrace) != nil {
		return
	}
	p.mu.Lock()
	told := p.shown && ctx.Err() == nil
	if told {
		p.shown = false
	}
	known := p.known
	p.mu.Unlock()
	if told {
		p.agent.tell(Event{Kind: Unplugged, Phone: &known})
	}
	p.awaitMode(ctx)
}

// show reports whether "plugged" should be told: it was not, or "unplugged" was
// told since.
func (p *phone) show() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := !p.shown
	p.shown = true
	return fresh
}

// noteTold keeps the last wait that was told, for a visit that follows at once.
func (p *phone) noteTold(told plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = told
}

func (p *phone) lastTold() plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

// nudge makes the visit decide again, because something changed outside it.
func (p *phone) nudge() {
	select {
	case p.poked <- struct{}{}:
	default:
	}
}

// past collects what the schedule decides from.
func (p *phone) past(lastGood time.Time, minInterval time.Duration) past {
	p.mu.Lock()
	defer p.mu.Unlock()
	return past{
		lastGood: lastGood, minInterval: minInterval, failures: p.failures,
		acted: p.acted, unlocked: p.unlocked, muxBack: p.muxBack, made: p.made,
	}
}

// failed notes a try that failed; only a day's worth is of interest.
func (p *phone) failed(a attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for len(p.failures) > 0 && now.Sub(p.failures[0].at) > retryWindow {
		p.failures = p.failures[1:]
	}
	a.at = now
	p.failures = append(p.failures, a)
}

// missing is how many bytes were missing on the disk when the last try failed; 0: not known.
func (p *phone) missing() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.failures); n > 0 {
		return p.failures[n-1].short
	}
	return 0
}

// failedBefore reports whether the last try failed.
func (p *phone) failedBefore() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.failures) > 0
}

// succeeded forgets the failures.
func (p *phone) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures, p.broke = nil, nil
	p.made = time.Now()
}

// sawUnlock notes that the person unlocked the phone.
func (p *phone) sawUnlock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unlocked = time.Now()
	p.acted = p.unlocked
}

// sawGood notes when the newest sound version was finished; zero: there is none.
func (p *phone) sawGood(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.good = at
}

// lastSeenGood is what sawGood was told last.
func (p *phone) lastSeenGood() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.good
}

// sawPlug notes that the phone was plugged in, after all that failed before.
func (p *phone) sawPlug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acted = time.Now()
	if n := len(p.failures); n > 0 && !p.acted.After(p.failures[n-1].at) {
		p.acted = p.failures[n-1].at.Add(1) // a clock may stand still for some ms
	}
}

// sawReturn notes that what was missing is back; it counts as an act.
func (p *phone) sawReturn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acted = time.Now()
}

// sawPaired notes that usbmuxd has a new pair record of the phone: somebody tapped Trust. That
// is an act when the last try ended without, however long ago.
func (p *phone) sawPaired() {
	p.mu.Lock()
	if n := len(p.failures); n > 0 {
		switch p.failures[n-1].cause {
		case cause.NotTrusted, cause.PairRecordMissing:
			p.acted = time.Now()
		}
	}
	p.mu.Unlock()
	p.nudge()
}

// sawMux notes that usbmuxd answers again.
func (p *phone) sawMux() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muxBack = time.Now()
}

// calmIn says how long a run should wait for the contact to calm down, and how
// often the phone attached lately.
func (p *phone) calmIn() (time.Duration, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	return p.contact.calmIn(now), p.contact.flaps(now)
}

// tellsFlapping reports whether the loose contact should be told now.
func (p *phone) tellsFlapping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.contact.tell(time.Now())
}

// sawValues notes what a lockdown domain tells of the phone's size.
func (p *phone) sawValues(domain string, values map[string]any) {
	if domain != "com.apple.disk_usage" {
		return
	}
	used, known := preflight.Used(values)
	if !known {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used = used
}

// sawLock notes what the phone says of its lock; nil is nothing.
func (p *phone) sawLock(locked *bool) {
	if locked == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = time.Time{}
	if !*locked {
		p.open = time.Now()
	}
}

// unlockedAt reports whether the phone was seen unlocked since begun.
func (p *phone) unlockedAt(begun time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.open.IsZero() && !p.open.Before(begun)
}

// sawPort notes where on the computer's bus the phone is.
func (p *phone) sawPort(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.port = path
}

// lastPort is where it was last.
func (p *phone) lastPort() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.port
}

// size is how many bytes the phone holds and how fast its link is, in bit/s; 0 is not
// known.
func (p *phone) size() (used, speed int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used, p.known.Speed
}

// identify keeps the newest facts about the phone for events.
func (p *phone) identify(known Phone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = known
}

// seen returns the newest facts about the phone.
func (p *phone) seen() Phone {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known
}
