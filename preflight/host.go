package preflight

import (
	"context"
	"errors"
	"slices"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// Mux is usbmuxd, as usbmux.Client speaks to it.
type Mux interface {
	Devices(ctx context.Context) (links []usbmux.Link, bad []error, err error)
}

// Host is what the host checks need to know.
type Host struct {
	Destination string // the folder that takes the backups
	Root        bool   // we run as root

	Mux Mux
	// AddressSet says that the user named the address of usbmuxd. Then nothing
	// there is a failure even when no phone is plugged in.
	AddressSet bool
	// USB lists the phones on the computer's own USB bus, as usbmux.HostDevices
	// does; it answers errors.ErrUnsupported where nobody can tell.
	USB func(context.Context) ([]usbmux.HostDevice, error)
	// UDID is the phone that the report is about; what is wrong with other phones
	// is then not told. "" means any.
	UDID string
	// Grace is how long a phone on the bus may take until usbmuxd shows it; 0
	// means 10 s. A phone that nobody trusts takes its time.
	Grace time.Duration

	Disk Disk // nil means HostDisk
}

// defaultGrace is the usual Grace.
const defaultGrace = 10 * time.Second

// muxTimeout bounds the two checks that ask usbmuxd, Grace aside.
const muxTimeout = 6 * time.Second

// HostChecks are the checks of this computer. They need no phone.
func HostChecks(h Host) []Check {
	if h.Grace == 0 {
		h.Grace = defaultGrace
	}
	if h.Disk == nil {
		h.Disk = HostDisk{}
	}
	mux := &muxView{host: h}
	return slices.Concat([]Check{{Name: "account", Group: cause.Computer, Run: h.account}}, destinationChecks(h.Destination, h.Disk), []Check{
		{Name: "usb-service", Group: cause.Computer, Run: mux.service, Timeout: muxTimeout + h.Grace, Late: cause.MuxNotAnswering},
		{Name: "phone", Group: cause.Cable, After: []string{"usb-service"}, Run: mux.phone, Timeout: muxTimeout + h.Grace, Late: cause.MuxNotAnswering},
	})
}

func (h Host) account(context.Context) Finding {
	if h.Root {
		return told(Warn, cause.RunningAsRoot, nil)
	}
	return passed(nil)
}

// muxView compares what usbmuxd shows with what is on the bus.
type muxView struct {
	host  Host
	links []usbmux.Link
}

// poll is the pause between two looks at a phone that is still missing.
const poll = 500 * time.Millisecond

// service asks usbmuxd for its list. On Linux the service comes with the first
// phone in normal mode and goes with the last, so that its absence means nothing
// by itself.
func (m *muxView) service(ctx context.Context) Finding {
	deadline := time.Now().Add(m.host.Grace)
	for {
		links, _, err := m.host.Mux.Devices(ctx)
		if err == nil {
			m.links = links
			return passed(cause.Evidence{"links": len(links)})
		}
		id, _ := cause.Of(err)
		if id == cause.MuxServiceStopped {
			// Nothing was under way that could have been stopped.
			return failed(cause.New(cause.MuxNotAnswering, nil, err))
		}
		if id != cause.MuxServiceNotRunning || m.host.AddressSet {
			return failed(err)
		}
		devices, unknown := m.host.USB(ctx)
		if unknown != nil {
			return failed(err)
		}
		if !slices.ContainsFunc(devices, func(d usbmux.HostDevice) bool { return m.concerns(d) && d.Mode == usbmux.ModeNormal }) {
			return passed(cause.Evidence{"links": 0})
		}
		if !sleepUntil(ctx, deadline) {
			return failed(err)
		}
	}
}

// concerns says whether a phone on the bus is the one that the report is about.
// One without a UDID, as in recovery mode, may be it.
func (m *muxView) concerns(d usbmux.HostDevice) bool {
	return m.host.UDID == "" || d.UDID == "" || usbmux.SameUDID(d.UDID, m.host.UDID)
}

// phone looks for phones on the bus that usbmuxd does not show.
func (m *muxView) phone(ctx context.Context) Finding {
	deadline := time.Now().Add(m.host.Grace)
	for {
		devices, err := m.host.USB(ctx)
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return Finding{Status: Pass, Err: err} // the bus is a second witness, not a judge
		}
		f, final := m.compare(devices)
		if final || !sleepUntil(ctx, deadline) {
			return f
		}
		if links, _, err := m.host.Mux.Devices(ctx); err == nil {
			m.links = links
		}
	}
}

// compare tells what the two lists say together, and whether waiting cannot
// change it.
func (m *muxView) compare(devices []usbmux.HostDevice) (f Finding, final bool) {
	shown := slices.ContainsFunc(m.links, func(l usbmux.Link) bool {
		return l.Connection == usbmux.USB && (m.host.UDID == "" || usbmux.SameUDID(l.UDID, m.host.UDID))
	})
	// A second phone in trouble is no reason to refuse the first.
	status := Fail
	if shown {
		status = Warn
	}
	hidden := slices.DeleteFunc(slices.Clone(devices), m.isShown)
	for _, d := range hidden {
		if d.Mode != usbmux.ModeNormal {
			return told(status, cause.DeviceInRecovery, evidenceOf(d)), true
		}
	}
	if len(hidden) > 0 {
		return told(status, cause.DeviceNotInMux, evidenceOf(hidden[0])), false
	}
	if !shown && m.host.UDID == "" {
		return told(Info, cause.NoPhone, nil), true
	}
	return passed(nil), true
}

// isShown says that usbmuxd has a phone that is on the bus, or that the report is
// about another one.
func (m *muxView) isShown(d usbmux.HostDevice) bool {
	listed := func(udid string) bool {
		return slices.ContainsFunc(m.links, func(l usbmux.Link) bool { return usbmux.SameUDID(l.UDID, udid) })
	}
	if d.UDID == "" && m.host.UDID != "" {
		return listed(m.host.UDID) // it cannot be the one that is listed
	}
	return !m.concerns(d) || listed(d.UDID)
}

func evidenceOf(d usbmux.HostDevice) cause.Evidence {
	ev := cause.Evidence{"port": d.BusPath, "mode": string(d.Mode)}
	if d.UDID != "" {
		ev["udid"] = d.UDID
	}
	return ev
}

// sleepUntil waits for the next look; false when there is no time for one.
func sleepUntil(ctx context.Context, deadline time.Time) bool {
	if time.Now().Add(poll).After(deadline) {
		return false
	}
	t := time.NewTimer(poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
