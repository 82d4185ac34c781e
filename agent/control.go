package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/agent/status"
	"homeport/cause"
	"homeport/usbmux"
)

// Start has the phone with this UDID backed up now, whatever the schedule says. It
// answers as soon as that is under way or refused; how it goes on is told as events. The
// error is no-such-phone when it is not plugged in, wifi-only when it is here over the
// network alone, and already-running when a try of it is under way.
func (a *Agent) Start(udid string, r Request) error {
	p := a.knownPhone(udid)
	if p == nil {
		return notHere(udid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.visiting == 0 && len(p.links) > 0:
		return cause.New(cause.WiFiOnly, nil, errors.New("start backup: the phone has no USB link"))
	case p.visiting == 0:
		return notHere(udid)
	case p.stop != nil || p.asked != nil:
		return cause.New(cause.AlreadyRunning, nil, errors.New("start backup: one is under way"))
	}
	p.asked, p.acted = &r, time.Now()
	a.picture.starts(p.known, r.Full)
	p.nudge()
	return nil
}

// Cancel ends the try of this phone that is under way, as user-cancelled; what was
// received is kept for the next one. A backup that is complete already is still
// published. The error is status.ErrNothingRuns when nothing of it is under way.
func (a *Agent) Cancel(udid string) error {
	p := a.knownPhone(udid)
	if p == nil {
		return status.ErrNothingRuns
	}
	why := cause.New(cause.UserCancelled, nil, errors.New("back up phone: stopped through the control API"))
	p.mu.Lock()
	stop, asked, known := p.stop, p.asked, p.known
	p.asked = nil
	p.mu.Unlock()
	switch {
	case stop != nil:
		stop(why)
	case asked != nil: // it had not begun
		a.tell(Event{Kind: Failed, Phone: &known, Cause: why.ID, Error: NewFailure(why)})
	default:
		return status.ErrNothingRuns
	}
	return nil
}

// knownPhone is the phone that was seen before, or nil.
func (a *Agent) knownPhone(udid string) *phone {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.phones[usbmux.CanonicalUDID(udid)]
}

func notHere(udid string) error {
	return cause.New(cause.NoSuchPhone, cause.Evidence{"name": udid}, fmt.Errorf("find phone %q: not plugged in", udid))
}

// begin notes that a try begins, which stop ends, and answers what a person asked of it;
// nil when the schedule began it.
func (p *phone) begin(stop context.CancelCauseFunc) *Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.asked
	p.asked, p.stop = nil, stop
	return r
}

// ended notes that no try is under way any more.
func (p *phone) ended() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop = nil
}

// isAsked reports whether a person wants a backup now.
func (p *phone) isAsked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked != nil
}

// tryNow makes one try, as a person asked for it or as the schedule has it.
func (v *visit) tryNow(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := v.phone.begin(stop)
	defer v.phone.ended()
	v.patience, v.scheduled = r != nil, r == nil
	if r == nil {
		r = &Request{}
	}
	v.full, v.noWait, v.askedTrust = r.Full, r.NoWait, false
	return v.try(ctx, v.agent.opts.Config())
}
