package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"homeport/cause"
	"homeport/preflight"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// How often a guided person's computer and phone are looked at: they stand there
// and wait for something to change.
const (
	guideLook  = time.Second
	guideFacts = 2 * time.Second
	guideLimit = 10 * time.Second // for one answer of the phone
)

// Awaited says which phone a person is guided to.
type Awaited struct {
	Name string // as the person called it; "" for any
	UDID string // when it is known; "" otherwise
	// Pick finds the phone among those that usbmuxd lists by cable. others are those
	// that it is not, in words.
	Pick func(ctx context.Context, links []usbmux.Link) (l usbmux.Link, found bool, others []string)
}

// Await guides a person until the phone can be used, or something is known that
// no waiting helps, and returns its link. tell is handed the advice of every look;
// the guide, which Await feeds, says at any time how far it got. A phone that does
// not trust this computer is asked to. The error is why ctx ended.
func (a *Agent) Await(ctx context.Context, w Watcher, who Awaited, g *Guide, tell func(Advice)) (usbmux.Link, error) {
	host := a.host(a.opts.Config(), who.UDID)
	seen := &glance{Mux: a.opts.Mux}
	host.Mux = seen
	absence := preflight.Absent(host)
	a.letGo()
	var f *follower
	defer func() { f.close() }()
	for {
		seen.look(ctx)
		link, found, others := pick(ctx, seen, who)
		if f != nil && (!found || f.link.DeviceID != link.DeviceID) {
			f.close()
			f = nil
		}
		var s Sight
		if found {
			if f == nil {
				f = a.follower(ctx, link)
			}
			s = f.lookSoon(ctx, func(s Sight) { tell(g.See(s, time.Now())) })
			s.Several = severalByCable(seen.links)
		} else {
			s.Absent, s.Settled = absence.Look(ctx)
			s.Others = others
			s.Wireless = slices.ContainsFunc(seen.links, func(l usbmux.Link) bool {
				return l.Connection == usbmux.Network && (who.UDID == "" && who.Name == "" || usbmux.SameUDID(l.UDID, who.UDID))
			})
		}
		if ctx.Err() != nil {
			return usbmux.Link{}, context.Cause(ctx)
		}
		advice := g.See(s, time.Now())
		tell(advice)
		if advice.Ready {
			if found {
				a.guided.Store(&guided{link, knowing{f.handset, s.Trust}})
				f.handset = nil
			}
			return link, nil
		}
		f.await(ctx, w)
	}
}

// pick finds who is there by cable, and which of them is meant.
func pick(ctx context.Context, seen *glance, who Awaited) (usbmux.Link, bool, []string) {
	all := seen.links
	if seen.err != nil {
		return usbmux.Link{}, false, nil // why, the absence tells
	}
	var links []usbmux.Link
	for _, l := range all {
		if l.Connection == usbmux.USB {
			links = append(links, l)
		}
	}
	return who.Pick(ctx, links)
}

// severalByCable reports whether more than one phone is plugged in.
func severalByCable(links []usbmux.Link) bool {
	n := 0
	for _, l := range links {
		if l.Connection == usbmux.USB {
			n++
		}
	}
	return n > 1
}

// follower looks at one phone that is listed, and asks it for trust when that is
// what is missing.
type follower struct {
	link    usbmux.Link
	handset Handset
	ctx     context.Context
	cancel  context.CancelFunc
	pairs   sync.WaitGroup
	changed chan struct{} // the phone shows something else

	last  Sight // of the last look
	asked time.Time

	mu      sync.Mutex
	pairing bool
	state   lockdown.PairState
	refused error // why asking for trust ended for good
}

func (a *Agent) follower(ctx context.Context, l usbmux.Link) *follower {
	f := &follower{link: l, handset: a.opts.Dial(l), changed: make(chan struct{}, 1)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	f.last.Phone = &Phone{UDID: l.UDID, Connection: l.Connection, Speed: l.SpeedBitsPerSecond}
	return f
}

// close ends what goes on with the phone. Nobody is there to close for nil.
func (f *follower) close() {
	if f == nil {
		return
	}
	f.cancel()
	f.pairs.Wait()
	if f.handset != nil {
		_ = f.handset.Close()
	}
}

// knowing is a handset of which is known already why it does not trust this computer; nil:
// it does, or nobody was told.
type knowing struct {
	Handset
	refused error
}

// Trust tells what the phone itself has said when it was asked for trust: the key that
// is missing since is no news.
func (k knowing) Trust(ctx context.Context) error {
	err := k.Handset.Trust(ctx)
	if id, _ := cause.Of(err); k.refused != nil && needsTrust(id) {
		return k.refused
	}
	return err
}

// guided is a phone to which a person was guided, with the conversation that was begun.
type guided struct {
	link    usbmux.Link
	handset Handset
}

// dial is the phone behind a link; a conversation that the guide began goes on.
func (a *Agent) dial(l usbmux.Link) Handset {
	if g := a.guided.Load(); g != nil && g.link == l && a.guided.CompareAndSwap(g, nil) {
		return g.handset
	}
	return a.opts.Dial(l)
}

// letGo ends the conversation that the guide began, when nobody goes on with it.
func (a *Agent) letGo() {
	if g := a.guided.Swap(nil); g != nil {
		_ = g.handset.Close()
	}
}

// await returns when it is time for another look.
func (f *follower) await(ctx context.Context, w Watcher) {
	var changed <-chan struct{}
	if f != nil {
		changed = f.changed
	}
	t := time.NewTimer(guideLook)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-changed:
	case _, open := <-w.Events():
		if !open { // then the clock alone has to do
			<-t.C
		}
	}
}

// lookSoon is look, and tells what is known so far of a phone that takes its time.
func (f *follower) lookSoon(ctx context.Context, tell func(Sight)) Sight {
	so := Sight{Phone: f.last.Phone, Meeting: true}
	done := make(chan Sight, 1)
	go func() { done <- f.look(ctx) }()
	patience := time.NewTimer(guideFacts)
	defer patience.Stop()
	select {
	case s := <-done:
		return s
	case <-patience.C:
	}
	if so.Phone.Name == "" { // one that answered before was told already
		tell(so)
	}
	return <-done
}

// look says how it stands with the phone. While it is asked for trust it is asked
// for nothing else.
func (f *follower) look(ctx context.Context) Sight {
	f.mu.Lock()
	pairing, state, refused := f.pairing, f.state, f.refused
	f.mu.Unlock()
	f.last.Pairing, f.last.Trust = state, refused
	if pairing || refused != nil || time.Since(f.asked) < guideFacts {
		return f.last
	}
	f.asked = time.Now()
	f.last.Silent, f.last.Locked, f.last.Trusted = nil, false, false
	ctx, cancel := context.WithTimeout(ctx, guideLimit)
	defer cancel()
	facts, err := f.handset.Facts(ctx)
	if err != nil {
		f.last.Silent = silent(err)
		return f.last
	}
	known := *f.last.Phone
	known.Name, known.IOSVersion = facts.DeviceName, facts.ProductVersion
	known.ProductType, known.Model = facts.ProductType, ModelName(facts.ProductType)
	f.last.Phone = &known
	if f.last.Locked = facts.PasswordProtected != nil && *facts.PasswordProtected; f.last.Locked {
		return f.last
	}
	f.asksTrust(f.handset.Trust(ctx))
	return f.last
}

// asksTrust takes the phone's word on trust, and asks it for trust when that is
// missing.
func (f *follower) asksTrust(err error) {
	id, _ := cause.Of(err)
	switch {
	case err == nil:
		f.last.Trusted = true
	case id == cause.DeviceLocked || id == cause.DeviceNotUnlockedSinceBoot:
		f.last.Locked = true
	case needsTrust(id):
		f.mu.Lock()
		f.pairing = true
		f.mu.Unlock()
		f.pairs.Go(f.pair)
	case final(id):
		f.last.Trust = err
	default:
		f.last.Silent = silent(err)
	}
}

// pair asks the phone for trust, and notes what it shows.
func (f *follower) pair() {
	err := f.handset.Pair(f.ctx, func(s lockdown.PairState) { f.note(true, s, nil) })
	if id, _ := cause.Of(err); !final(id) {
		err = nil // the next look begins anew
	}
	f.note(false, "", err)
}

func (f *follower) note(pairing bool, s lockdown.PairState, refused error) {
	f.mu.Lock()
	f.pairing, f.state, f.refused = pairing, s, refused
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// final reports whether a cause is the phone's own word, which it will not change
// while it is plugged in.
func final(id cause.ID) bool {
	row, _ := cause.Lookup(id)
	return (row.Layer == cause.Trust || row.Layer == cause.Phone) && !needsTrust(id) && !waitable(id)
}

// silent tells a phone that did not answer in time as that.
func silent(err error) error {
	if _, known := cause.Of(err); !known && errors.Is(err, context.DeadlineExceeded) {
		return cause.New(cause.TransferStalled, nil, err)
	}
	return err
}
