package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"homeport/cause"
	"homeport/configs"
	"homeport/preflight"
	"homeport/usbmux"
)

// visit is the time that a phone is plugged in over one link.
type visit struct {
	phone     *phone
	agent     *Agent
	link      usbmux.Link
	handset   Handset
	tie       *tie              // of a verb: to its link; nil: the visit ends with the link
	told      plan              // the last wait that was told
	announced bool              // that it is there was told, or known
	aside     func(error) error // what is left to do for a run that failed so; nil: nothing

	// What a verb asks for, beyond what the daemon does.
	full     bool    // everything anew
	replace  bool    // a mirror's earlier version goes, also for one that is in doubt
	silent   bool    // that it is there is not told
	noWait   bool    // what needs the person is a failure
	patience bool    // a wait for an unlock runs out, instead of going on while it is plugged in
	done     *Result // the backup that was made

	life      context.Context // ends with the agent; nil: with what the visit is called with
	scheduled bool            // tries are made when they are due, not because somebody asked
	toldOff   bool            // that it is switched off was told
	stumbles  int             // panics between tries
	ranBefore bool            // the command before this try was run

	findings   []preflight.Finding // of the last checks
	settings   *configs.Config     // while the checks of a backup are made
	begun      bool                // the engine was asked for a backup in this try
	askedTrust bool                // with noWait: the phone was asked once
	doze       *dozing             // beside the try; nil: there is none
	slot       *slot               // of the run
}

// live stays with the phone until it is unplugged or the agent stops.
func (v *visit) live(ctx context.Context) {
	v.handset = v.agent.opts.Dial(v.link)
	defer v.handset.Close()
	greeted := false
	for ctx.Err() == nil {
		more := false
		err := cause.Guard(func() error {
			if !greeted {
				greeted = true
				v.greet(ctx)
			}
			more = v.turn(ctx)
			return nil
		})
		if err != nil {
			more = v.stumble(ctx, err)
		}
		if !more {
			return
		}
	}
}

// turn waits until a try is due, makes it, and draws the conclusions. It answers false when
// the visit is over.
func (v *visit) turn(ctx context.Context) (more bool) {
	cfg := v.agent.opts.Config()
	asked := v.phone.isAsked()
	if !asked && !v.wanted(cfg) {
		if !v.toldOff {
			v.tell(Event{Kind: Skipped, Message: "this phone is switched off in the configuration"})
		}
		v.toldOff = true
		v.agent.ended(nil)
		v.await(ctx, plan{never: true}, nil)
		return true
	}
	v.toldOff = false
	if !asked && !v.due(ctx, cfg) || ctx.Err() != nil { // a list that was cut short knows of no backup
		return true
	}
	if v.calm(ctx) != nil {
		return false
	}
	err := v.tryNow(ctx)
	more = v.settle(ctx, err)
	v.after(ctx, cfg, err)
	return more
}

// greetPatience is how long a phone may take to say who it is before it is told to be
// there without that. It usually takes some milliseconds.
const greetPatience = 3 * time.Second

// greet learns who the phone is and tells that it is there. A phone that does not
// answer is told with what usbmuxd knows; preflight will say what is wrong.
func (v *visit) greet(ctx context.Context) {
	known := v.phone.seen()
	known.Connection, known.Speed = v.link.Connection, v.link.SpeedBitsPerSecond
	v.phone.identify(known)
	answered := make(chan struct{})
	var late sync.WaitGroup
	late.Go(func() { v.agent.guard("tell that the phone is there", func() { v.announceLate(ctx, answered) }) })
	facts, err := v.handset.Facts(ctx)
	close(answered)
	late.Wait()
	if err == nil {
		known.Name, known.IOSVersion = facts.DeviceName, facts.ProductVersion
		known.ProductType, known.Model = facts.ProductType, ModelName(facts.ProductType)
	}
	v.phone.identify(known)
	v.announce(ctx)
	if err == nil {
		v.explainBreak(facts)
	}
}

// announce tells once that the phone is there. One with a loose contact has its answer already:
// the same line each second would hide all others.
func (v *visit) announce(ctx context.Context) {
	if ctx.Err() != nil || v.silent || v.announced {
		return
	}
	v.announced = true
	if v.phone.show() {
		v.tell(Event{Kind: Plugged})
		return
	}
	if _, flaps := v.phone.calmIn(); flaps > 0 {
		v.told = v.phone.lastTold()
	}
}

// announceLate announces a phone that has not answered in time.
func (v *visit) announceLate(ctx context.Context, answered <-chan struct{}) {
	t := time.NewTimer(greetPatience)
	defer t.Stop()
	select {
	case <-answered:
	case <-ctx.Done():
	case <-t.C:
		v.announce(ctx)
	}
}

// wanted reports whether the configuration wants backups of this phone.
func (v *visit) wanted(cfg configs.Config) bool { return cfg.For(v.phone.udid).Enabled }

// due waits until the schedule allows a try, and answers true then. It answers
// false when something changed and the question has to be asked anew.
func (v *visit) due(ctx context.Context, cfg configs.Config) bool {
	now := time.Now()
	lastGood := v.lastGood(ctx, cfg)
	p := decide(v.phone.past(lastGood, cfg.For(v.phone.udid).MinInterval.Std()), now)
	if !p.never && !p.at.After(now) {
		return true
	}
	v.tellWait(p, lastGood, now)
	v.agent.ended(nil)
	v.await(ctx, p, v.sign(ctx, p.why, cfg))
	return false
}

// lastGood is when the newest sound version was finished. Where a command mounts the drive
// for each backup, it is what was found there the last time.
func (v *visit) lastGood(ctx context.Context, cfg configs.Config) time.Time {
	at := v.agent.lastGood(ctx, cfg, v.phone.udid)
	if at.IsZero() && cfg.Before != "" {
		return v.phone.lastSeenGood()
	}
	v.phone.sawGood(at)
	return at
}

// await returns when the plan's time has come, something outside changed, or the
// sign that the failure waits for is seen.
func (v *visit) await(ctx context.Context, p plan, seen func(context.Context) bool) {
	var due, look <-chan time.Time
	if !p.never {
		t := time.NewTimer(time.Until(p.at))
		defer t.Stop()
		due = t.C
	}
	clocks := newClocks(v.agent.wall)
	check := time.NewTicker(clockLook)
	defer check.Stop()
	if seen != nil {
		t := time.NewTicker(signSoon)
		defer t.Stop()
		look = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-v.phone.poked:
			return
		case <-due:
			return
		case <-check.C:
			if clocks.parted() {
				return
			}
		case <-look:
			if seen(ctx) {
				return
			}
		}
	}
}

// tellWait says once why nothing happens now, and until when.
func (v *visit) tellWait(p plan, lastGood, now time.Time) {
	if p == v.told {
		return
	}
	v.told = p
	v.phone.noteTold(p)
	e := Event{Kind: Skipped, Cause: p.why}
	if !p.never {
		e.Next = &p.at
	}
	switch {
	case p.why != "":
		e.Message = p.words(now)
	case p.never:
		e.Message = "backed up; the next backup is made when the iPhone is plugged in again"
	default:
		e.Message = fmt.Sprintf("backed up %s ago; next from %s", ago(now.Sub(lastGood)), clock(p.at, now))
	}
	v.tell(e)
}

// settle draws the conclusions of a try, and answers false when the visit is over.
func (v *visit) settle(ctx context.Context, err error) bool {
	v.told = plan{}
	if errors.Is(err, errNotDue) {
		return true
	}
	if err == nil {
		v.phone.succeeded()
		v.phone.sawGood(time.Now())
		v.agent.ended(nil)
		return !v.agent.opts.Once
	}
	if errors.Is(context.Cause(ctx), errOver) || errors.Is(err, errOver) {
		v.tidyUp(err)
		return false // nothing failed: the agent has done what it was asked for
	}
	if v.onlyLeft(ctx, err) {
		v.tidyUp(err)
		return false // "unplugged" says it all
	}
	first := cause.From(err)
	err = v.repeated(err)
	v.phone.failed(attempt{cause: causeOf(err), first: first.ID, place: placeOf(first), short: missing(first)})
	v.phone.noteBreak(first, time.Now())
	if v.agent.opts.Once {
		err = byHand(err)
	}
	v.fail(err)
	v.tidyUp(err)
	v.agent.ended(err)
	return ctx.Err() == nil && !v.agent.opts.Once
}

// onlyLeft reports whether a phone was unplugged before its backup had begun: while it
// was checked or waited for. Nothing broke then, and nothing failed.
func (v *visit) onlyLeft(ctx context.Context, err error) bool {
	id, _ := cause.Of(context.Cause(ctx))
	return ctx.Err() != nil && id == cause.DeviceDisconnected && causeOf(err) == id && !v.begun && !v.agent.opts.Once
}

// fail tells that a try failed.
func (v *visit) fail(err error) {
	v.tell(Event{Kind: Failed, Error: NewFailure(err), Cause: cause.From(err).ID, Stack: stackOf(err)})
}

// tidyUp does what a run that failed has left to do. It comes after the failure
// was told, because making a partial durable takes as long as the disk needs.
func (v *visit) tidyUp(failure error) {
	if v.aside == nil {
		return
	}
	if err := v.aside(failure); err != nil {
		v.tell(Event{Kind: Service, Message: "what was received is not kept: " + err.Error()})
	}
	v.aside = nil
}

// tell hands on an event about this phone.
func (v *visit) tell(e Event) {
	known := v.phone.seen()
	e.Phone = &known
	v.agent.tell(e)
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
