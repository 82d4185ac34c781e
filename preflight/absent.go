package preflight

import (
	"context"
	"errors"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// Absence looks for a phone that somebody says is plugged in. It remembers its
// earlier looks, so that "for how long" can be told where the system cannot. It
// is used by one goroutine.
type Absence struct {
	host  Host
	since map[string]time.Time // when each phone on the bus was seen first
	down  time.Time            // since when usbmuxd has not answered

	ports   []usbmux.PortTrouble // as they were at the last look at them
	looked  time.Time            // when that was
	counted map[string]int       // the undated counts at the first look
}

// portsEvery is how often the ports are looked at: that may cost a program.
const portsEvery = 3 * time.Second

// Absent begins such a search, on the computer that h describes: Mux, USB, Ports,
// AppleSupport, Remember, UDID, AddressSet and Grace are what it uses.
func Absent(h Host) *Absence {
	return &Absence{host: h.withDefaults(), since: map[string]time.Time{}}
}

// Look takes one look, which is over within a second where nothing hangs, and
// tells the likeliest cause why the phone does not appear. A caller looks again
// every half second or so, and tells what changed.
//
//	pass, no cause     usbmuxd shows the phone: go on with the ordinary checks
//	fail, a cause      why it does not appear. With settled false that is the
//	                   picture so far, and may clear up by itself within seconds:
//	                   a phone that has just been plugged in is on the bus before
//	                   usbmuxd shows it
//
// With nothing on the bus at all the cause is what a port is said to suffer from
// (usb-enumeration-failed, accessory-not-supported, usb-flapping), else
// cable-no-data: a person says that the phone is plugged in, and nothing is seen.
func (a *Absence) Look(ctx context.Context) (f Finding, settled bool) {
	f, settled = a.look(ctx)
	f.Check, f.Group = "phone", cause.Cable
	if f.Status == Fail && !a.down.IsZero() {
		f.Check, f.Group = "usb-service", cause.Computer
	}
	return f, settled
}

func (a *Absence) look(ctx context.Context) (f Finding, settled bool) {
	h := a.host
	links, _, err := h.Mux.Devices(ctx)
	if err != nil {
		if a.down.IsZero() {
			a.down = time.Now()
		}
		if f, settled = h.noService(ctx, err, time.Since(a.down)); f.Status == Fail {
			return f, settled
		}
	} else {
		a.down = time.Time{}
	}
	devices, err := h.USB(ctx)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		devices = nil
	}
	devices = a.noteTimes(devices)
	f, settled = h.compare(ctx, links, devices, 0)
	if f.Status == Pass && h.UDID != "" && !h.lists(links) {
		f = told(Info, cause.NoPhone, nil)
	}
	if f.Cause != cause.NoPhone {
		return f, settled
	}
	if worse, found := worstPort(a.lookAtPorts(ctx), Fail); found {
		return worse, true
	}
	return told(Fail, cause.CableNoData, nil), true
}

// lookAtPorts tells what the ports suffer from. A count without a date says
// something when it has grown since the first look.
func (a *Absence) lookAtPorts(ctx context.Context) []usbmux.PortTrouble {
	if a.host.Ports == nil || !a.looked.IsZero() && time.Since(a.looked) < portsEvery {
		return a.ports
	}
	list, err := a.host.Ports(ctx)
	if err != nil {
		return a.ports
	}
	first := a.counted == nil
	if first {
		a.counted = map[string]int{}
	}
	for i, t := range list {
		if !t.Undated {
			continue
		}
		if first {
			a.counted[t.Port] = t.Times
		}
		list[i].Undated = t.Times <= a.counted[t.Port]
	}
	a.ports, a.looked = list, time.Now()
	return list
}

// noteTimes fills in how long each phone has been on the bus where the system did
// not tell, and forgets those that are gone.
func (a *Absence) noteTimes(devices []usbmux.HostDevice) []usbmux.HostDevice {
	now := time.Now()
	since := make(map[string]time.Time, len(devices))
	for i := range devices {
		d := &devices[i]
		key := d.BusPath + " " + d.Serial
		first, seen := a.since[key]
		if !seen {
			first = now
		}
		since[key] = first
		d.OnBus = max(d.OnBus, now.Sub(first))
	}
	a.since = since
	return devices
}

// lists says whether usbmuxd shows the phone that the host's report is about, by
// cable.
func (h Host) lists(links []usbmux.Link) bool {
	for _, l := range links {
		if l.Connection == usbmux.USB && usbmux.SameUDID(l.UDID, h.UDID) {
			return true
		}
	}
	return false
}
