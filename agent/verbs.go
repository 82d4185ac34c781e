package agent

import (
	"context"
	"slices"
	"sync"
	"time"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
)

// Request is what a person asks of one backup, beyond what the daemon does.
type Request struct {
	Full    bool // everything anew, whatever is there
	Replace bool // a mirror's earlier version goes, also for one that is in doubt
	NoWait  bool // what needs the person at the phone is a failure
}

// Outcome is how one phone fared.
type Outcome struct {
	Phone    Phone
	Findings []preflight.Finding
	Newest   *store.Version // of Check: the newest sound version; nil: there is none, or it cannot be read
	Outlook  *Outlook       // of Check: what to expect of the next backup
	Result   *Result
	Err      error // nil: backed up, or for Check: no check failed
}

// Backup makes one backup of each link's phone, now, whatever the schedule says.
// A link that w reports as gone ends its run.
func (a *Agent) Backup(ctx context.Context, w Watcher, links []usbmux.Link, r Request) []Outcome {
	outcomes := make([]Outcome, len(links))
	ties := make([]*tie, len(links))
	ctxs := make([]context.Context, len(links))
	for i, l := range links {
		one, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		ctxs[i], ties[i] = one, newTie(l, cancel)
	}
	stop := make(chan struct{})
	var follower sync.WaitGroup
	follower.Go(func() { a.followDetached(w, ties, stop) })
	var wg sync.WaitGroup
	for i, l := range links {
		wg.Go(func() {
			err := cause.Guard(func() error { outcomes[i] = a.backupOne(ctx, ctxs[i], l, ties[i], r); return nil })
			if err != nil {
				known := a.phone(l.UDID).seen()
				a.tell(Event{Kind: Failed, Phone: &known, Error: NewFailure(err), Cause: causeOf(err), Stack: stackOf(err)})
				outcomes[i] = Outcome{Phone: known, Err: err}
			}
		})
	}
	wg.Wait()
	close(stop)
	follower.Wait()
	return outcomes
}

// followDetached ends the runs whose link goes, until stop.
func (a *Agent) followDetached(w Watcher, ties []*tie, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case e, ok := <-w.Events():
			if !ok {
				return
			}
			if e.Kind == usbmux.ServiceDown {
				a.downs.note(time.Now())
			}
			for _, t := range ties {
				if e.Kind == usbmux.Detached {
					t.cut(e.Link, a.gone())
				}
			}
		}
	}
}

// backupOne makes one backup. life is the verb's context, and ctx ends with the link too.
func (a *Agent) backupOne(life, ctx context.Context, l usbmux.Link, t *tie, r Request) Outcome {
	p := a.phone(l.UDID)
	v := &visit{phone: p, agent: a, link: l, tie: t, full: r.Full, replace: r.Replace, noWait: r.NoWait, patience: true, life: life}
	v.handset = a.opts.Dial(l)
	defer func() { _ = v.handset.Close() }() // it may be another one by then
	v.greet(ctx)
	cfg := a.opts.Config()
	err := byHand(v.try(ctx, cfg))
	if err != nil {
		v.fail(err)
	}
	v.tidyUp(err)
	v.after(ctx, cfg, err)
	return Outcome{Phone: p.seen(), Findings: v.findings, Result: v.done, Err: err}
}

// Check runs every check for one phone, and makes no backup.
func (a *Agent) Check(ctx context.Context, l usbmux.Link) Outcome {
	p := a.phone(l.UDID)
	v := &visit{phone: p, agent: a, link: l, silent: true, noWait: true}
	v.handset = a.dial(l)
	defer v.handset.Close()
	v.greet(ctx)
	cfg := a.opts.Config()
	report := v.check(ctx, cfg)
	outlook := a.Outlook(ctx, l.UDID)
	return Outcome{Phone: p.seen(), Findings: append(report.Findings, a.overdueOf(ctx, l.UDID)...), Newest: a.newest(ctx, cfg, l.UDID), Outlook: &outlook, Err: firstFailure(report)}
}

// CheckAll runs every check for each link's phone, side by side, and makes no
// backup.
func (a *Agent) CheckAll(ctx context.Context, links []usbmux.Link) []Outcome {
	outcomes := make([]Outcome, len(links))
	var wg sync.WaitGroup
	for i, l := range links {
		wg.Go(func() { outcomes[i] = a.Check(ctx, l) })
	}
	wg.Wait()
	a.letGo()
	return outcomes
}

// CheckHost runs the checks that need no phone. udid is the phone that they are
// about, which is not there; "" means any. seen is the error with which usbmuxd has
// just been asked for it, or nil: one that hangs is not waited for again.
func (a *Agent) CheckHost(ctx context.Context, udid string, seen error) Outcome {
	a.letGo()
	report := a.checkHost(ctx, a.opts.Config(), udid, seen)
	return Outcome{Findings: append(report.Findings, a.overdueOf(ctx, udid)...), Err: firstFailure(report)}
}

// overdueOf is what Overdue tells of one phone; "" means of all.
func (a *Agent) overdueOf(ctx context.Context, udid string) []preflight.Finding {
	return slices.DeleteFunc(a.Overdue(ctx), func(f preflight.Finding) bool {
		whose, _ := f.Evidence["udid"].(string)
		return udid != "" && !usbmux.SameUDID(whose, udid)
	})
}

// CheckUnlisted tells what is wrong with phones that are plugged in beside those
// of usbmuxd's list, and are not in it. Where nobody can see the bus, or all that
// is on it is listed, there is nothing to tell.
func (a *Agent) CheckUnlisted(ctx context.Context, listed []usbmux.Link) []preflight.Finding {
	devices, err := a.bus()(ctx)
	hidden := slices.ContainsFunc(devices, func(d usbmux.HostDevice) bool {
		return !slices.ContainsFunc(listed, func(l usbmux.Link) bool { return usbmux.SameUDID(l.UDID, d.UDID) })
	})
	if err != nil || !hidden {
		return nil
	}
	checks := slices.DeleteFunc(preflight.HostChecks(a.host(a.opts.Config(), "")), func(c preflight.Check) bool {
		return c.Group != cause.Cable && c.Name != "usb-service"
	})
	return preflight.Run(ctx, checks).With(preflight.Fail, preflight.Warn)
}

// firstFailure is the failure that decides, in preflight order.
func firstFailure(r preflight.Report) error {
	if list := r.With(preflight.Fail); len(list) > 0 {
		return list[0].Error()
	}
	return nil
}
