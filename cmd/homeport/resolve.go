package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"homeport/agent"
	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

// plugged is one phone that is there now, over its best link.
type plugged struct {
	link  usbmux.Link
	phone agent.Phone
	err   error // why it did not say who it is
}

// lookAround finds every phone that usbmuxd lists, USB links first, and asks each
// who it is. A phone that does not answer is listed with what usbmuxd knows.
func (a *app) lookAround(ctx context.Context, mux *usbmux.Client) ([]plugged, error) {
	return a.lookFor(ctx, mux, func(list []plugged) bool { return len(list) > 0 })
}

// lookFor is lookAround that asks the phones who they are only if unclear says of
// what usbmuxd knows that it takes that.
func (a *app) lookFor(ctx context.Context, mux *usbmux.Client, unclear func([]plugged) bool) ([]plugged, error) {
	links, _, err := mux.Devices(ctx)
	if err != nil {
		return nil, unlessIdle(ctx, mux, unanswered(err))
	}
	list := make([]plugged, 0, len(links))
	for _, l := range bestLinks(links) {
		list = append(list, plugged{link: l, phone: agent.Phone{UDID: l.UDID, Connection: l.Connection, Speed: l.SpeedBitsPerSecond}})
	}
	if !unclear(list) {
		return list, nil
	}
	var wg sync.WaitGroup
	for i := range list {
		handset := lockdown.New(mux, list[i].link)
		a.met.put(list[i].link, handset)
		a.closers = append(a.closers, func() { _ = handset.Close() })
		wg.Go(func() { introduce(ctx, handset, &list[i]) })
	}
	wg.Wait()
	return list, nil
}

// unanswered tells a usbmuxd that closed the connection as one that does not answer:
// that it stopped would say that something was under way.
func unanswered(err error) error {
	if id, _ := cause.Of(err); id == cause.MuxServiceStopped {
		return cause.New(cause.MuxNotAnswering, nil, err)
	}
	return err
}

// unlessIdle forgives that usbmuxd is not there when no phone is on the bus: on
// Linux it comes with the first phone and goes with the last.
func unlessIdle(ctx context.Context, mux *usbmux.Client, err error) error {
	if id, _ := cause.Of(err); id != cause.MuxServiceNotRunning || mux.Address() != usbmux.DefaultAddress() {
		return err
	}
	if devices, unknown := usbmux.HostDevices(ctx); unknown != nil || len(devices) > 0 {
		return err
	}
	return nil
}

// handset is the phone behind a link, once: the one that was asked who it is, so
// that what follows goes on over the same connection. The caller closes it.
func (a *app) handset(mux *usbmux.Client, l usbmux.Link) *lockdown.Phone {
	if h := a.met.take(l); h != nil {
		return h
	}
	return lockdown.New(mux, l)
}

// handsets are phones that were asked who they are, for whoever speaks to them
// next. It is safe for concurrent use, and its zero value is empty.
type handsets struct {
	mu  sync.Mutex
	all map[usbmux.Link]*lockdown.Phone
}

func (h *handsets) put(l usbmux.Link, phone *lockdown.Phone) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[usbmux.Link]*lockdown.Phone{}
	}
	h.all[l] = phone
}

func (h *handsets) take(l usbmux.Link) *lockdown.Phone {
	h.mu.Lock()
	defer h.mu.Unlock()
	phone := h.all[l]
	delete(h.all, l)
	return phone
}

// introduceLimit bounds the question who a phone is: a phone that hangs must not
// keep the others from being listed.
const introduceLimit = 8 * time.Second

func introduce(ctx context.Context, handset *lockdown.Phone, p *plugged) {
	ctx, cancel := context.WithTimeout(ctx, introduceLimit)
	defer cancel()
	facts, err := handset.Facts(ctx)
	if err != nil {
		p.err = err
		return
	}
	p.phone.Name, p.phone.IOSVersion = facts.DeviceName, facts.ProductVersion
	p.phone.ProductType, p.phone.Model = facts.ProductType, agent.ModelName(facts.ProductType)
}

// bestLinks keeps one link of each phone: USB before Network.
func bestLinks(links []usbmux.Link) []usbmux.Link {
	var best []usbmux.Link
	for _, l := range links {
		i := slices.IndexFunc(best, func(b usbmux.Link) bool { return usbmux.SameUDID(b.UDID, l.UDID) })
		switch {
		case i < 0:
			best = append(best, l)
		case l.Connection == usbmux.USB && best[i].Connection != usbmux.USB:
			best[i] = l
		}
	}
	return best
}

// choose finds the phone that name means: a UDID, a unique part of one, or the
// phone's name. An empty name means all of them.
func choose(list []plugged, name string) ([]plugged, error) {
	if name == "" {
		if len(list) == 0 {
			return nil, cause.New(cause.NoPhone, nil, errors.New("find phone: none is plugged in"))
		}
		return list, nil
	}
	for _, fits := range []func(plugged) bool{
		func(p plugged) bool { return usbmux.SameUDID(p.phone.UDID, name) },
		func(p plugged) bool { return p.phone.Name != "" && sameName(p.phone.Name, name) },
		func(p plugged) bool {
			part := usbmux.CanonicalUDID(name)
			return part != "" && strings.Contains(usbmux.CanonicalUDID(p.phone.UDID), part)
		},
	} {
		var found []plugged
		for _, p := range list {
			if fits(p) {
				found = append(found, p)
			}
		}
		switch {
		case len(found) == 1:
			return found, nil
		case len(found) > 1:
			return nil, cause.New(cause.PhoneAmbiguous, cause.Evidence{"name": name, "phones": labels(found)},
				fmt.Errorf("find phone %q: it fits %d phones", name, len(found)))
		}
	}
	return nil, cause.New(cause.NoSuchPhone, cause.Evidence{"name": name, "phones": labels(nearestFirst(list, name))},
		fmt.Errorf("find phone %q: not plugged in", name))
}

func labels(list []plugged) []string {
	var names []string
	for _, p := range list {
		label := p.phone.UDID
		if p.phone.Name != "" {
			label = p.phone.Name + " (" + p.phone.UDID + ")"
		}
		names = append(names, label)
	}
	return names
}

// completePhones offers the phones that are plugged in to the shell.
func (a *app) completePhones(ctx context.Context) []string {
	mux, err := a.mux()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	list, err := a.lookAround(ctx, mux)
	if err != nil {
		return nil
	}
	var words []string
	for _, p := range list {
		words = append(words, p.phone.UDID+"\t"+p.phone.Name)
	}
	return words
}

// chooseOne is choose for a verb that means exactly one phone.
func chooseOne(list []plugged, name string) ([]plugged, error) {
	found, err := choose(list, name)
	if err == nil && len(found) > 1 {
		return nil, cause.New(cause.PhoneAmbiguous, cause.Evidence{"phones": labels(found)},
			errors.New("find phone: several are plugged in, and none was named"))
	}
	return found, err
}
