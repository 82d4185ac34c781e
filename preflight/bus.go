package preflight

import (
	"context"
	"errors"
	"slices"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// muxView compares what usbmuxd shows with what is on the bus.
type muxView struct {
	host  Host
	links []usbmux.Link
}

// poll is the pause between two looks at a phone that is still missing.
const poll = 500 * time.Millisecond

// service asks usbmuxd for its list. On Linux the service comes with the first
// phone in normal mode and goes with the last, so that its absence means nothing
// by itself; on Windows the software that brings it may not be there at all.
func (m *muxView) service(ctx context.Context) Finding {
	began := time.Now()
	for {
		links, _, err := m.host.Mux.Devices(ctx)
		if err == nil {
			m.links = links
			return passed(cause.Evidence{"links": len(links)})
		}
		f, settled := m.host.noService(ctx, err, time.Since(began))
		if settled || !pause(ctx, m.host.Grace) {
			return f
		}
	}
}

// noService tells what it means that usbmuxd could not be asked, and whether
// waiting cannot change it. waited is how long it has been so.
func (h Host) noService(ctx context.Context, err error, waited time.Duration) (f Finding, settled bool) {
	switch id, _ := cause.Of(err); id {
	case cause.MuxServiceStopped:
		// Nothing was under way that could have been stopped.
		return failed(cause.New(cause.MuxNotAnswering, nil, err)), true
	case cause.MuxServiceNotRunning:
	default:
		return failed(err), true
	}
	if h.AddressSet {
		return failed(err), true
	}
	if h.AppleSupport != nil {
		support, unknown := h.AppleSupport(ctx)
		if unknown == nil && !support.Installed {
			return Finding{Status: Fail, Cause: cause.AppleSupportMissing, Err: err}, true
		}
	}
	devices, unknown := h.USB(ctx)
	if unknown != nil {
		return failed(err), true
	}
	settled = true
	waiting := false
	for _, d := range devices {
		if h.concerns(d) && d.Mode == usbmux.ModeNormal {
			waiting = true
			settled = settled && max(waited, d.OnBus) >= h.Grace
		}
	}
	if !waiting {
		return passed(cause.Evidence{"links": 0}), true
	}
	return failed(err), settled
}

// concerns says whether a phone on the bus is the one that the report is about.
// One without a UDID, as in recovery mode, may be it.
func (h Host) concerns(d usbmux.HostDevice) bool {
	return h.UDID == "" || d.UDID == "" || usbmux.SameUDID(d.UDID, h.UDID)
}

// phone looks for phones on the bus that usbmuxd does not show.
func (m *muxView) phone(ctx context.Context) Finding {
	began := time.Now()
	for {
		devices, err := m.host.USB(ctx)
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return Finding{Status: Pass, Err: err} // the bus is a second witness, not a judge
		}
		f, settled := m.host.compare(ctx, m.links, devices, time.Since(began))
		if !settled && pause(ctx, m.host.Grace) {
			if links, _, err := m.host.Mux.Devices(ctx); err == nil {
				m.links = links
			}
			continue
		}
		if f.Cause == cause.NoPhone {
			// Something at a port that cannot be read need not be a phone.
			if worse, found := m.host.portFinding(ctx, Warn); found {
				return worse
			}
		}
		return f
	}
}

// compare tells what the two lists say together, and whether waiting cannot
// change it. waited is how long it has been so.
func (h Host) compare(ctx context.Context, links []usbmux.Link, devices []usbmux.HostDevice, waited time.Duration) (f Finding, settled bool) {
	shown := slices.ContainsFunc(links, func(l usbmux.Link) bool {
		return l.Connection == usbmux.USB && (h.UDID == "" || usbmux.SameUDID(l.UDID, h.UDID))
	})
	// A second phone in trouble is no reason to refuse the first.
	status := Fail
	if shown {
		status = Warn
	}
	hidden := slices.DeleteFunc(slices.Clone(devices), func(d usbmux.HostDevice) bool { return h.isShown(links, d) })
	for _, d := range hidden {
		if d.Mode != usbmux.ModeNormal {
			return told(status, cause.DeviceInRecovery, evidenceOf(d)), true
		}
	}
	if len(hidden) == 0 {
		if !shown && h.UDID == "" {
			return told(Info, cause.NoPhone, nil), true
		}
		return passed(nil), true
	}
	settled = !slices.ContainsFunc(hidden, func(d usbmux.HostDevice) bool { return max(waited, d.OnBus) < h.Grace })
	f = h.silent(ctx, hidden[0])
	f.Status = status
	return f, settled
}

// isShown says that usbmuxd has a phone that is on the bus, or that the report is
// about another one.
func (h Host) isShown(links []usbmux.Link, d usbmux.HostDevice) bool {
	listed := func(udid string) bool {
		return slices.ContainsFunc(links, func(l usbmux.Link) bool { return usbmux.SameUDID(l.UDID, udid) })
	}
	if d.UDID == "" && h.UDID != "" {
		return listed(h.UDID) // it cannot be the one that is listed
	}
	return !h.concerns(d) || listed(d.UDID)
}

func evidenceOf(d usbmux.HostDevice) cause.Evidence {
	ev := cause.Evidence{"mode": string(d.Mode)}
	for key, value := range map[string]string{"port": d.BusPath, "udid": d.UDID, "program": d.Holder, "detail": d.Detail} {
		if value != "" {
			ev[key] = value
		}
	}
	return ev
}

// pause waits for the next look, within the grace; false when ctx is over.
func pause(ctx context.Context, grace time.Duration) bool {
	t := time.NewTimer(min(poll, grace))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
