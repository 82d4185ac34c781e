package agent

import (
	"context"
	"regexp"
	"strings"

	"homeport/usbmux"
)

// modeOnBus is the mode in which the phone is on the computer's own bus, now that usbmuxd
// has lost it: recovery or DFU, or "" for any other, and for a bus that tells nothing.
func (v *visit) modeOnBus(ctx context.Context) usbmux.Mode {
	return v.agent.modeOf(context.WithoutCancel(ctx), v.phone)
}

func (a *Agent) modeOf(ctx context.Context, p *phone) usbmux.Mode {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	list := a.opts.Devices
	if list == nil {
		list = a.bus()
	}
	devices, err := list(ctx)
	if err != nil {
		return ""
	}
	for _, d := range devices {
		if d.Mode != usbmux.ModeNormal && isPhone(d, p.udid, p.lastPort()) {
			return d.Mode
		}
	}
	return ""
}

// ecid finds the chip's number in the serial number of a phone in recovery or DFU mode:
// "CPID:8120 CPRV:11 ... ECID:000A1B2C3D4E5F60 IBFL:3C SRNM:[...]".
var ecid = regexp.MustCompile(`(?:^| )ECID:([0-9A-Fa-f]{1,16})(?: |$)`)

// isPhone reports whether a device in another mode is the phone with this UDID, which was
// at this port. Newer UDIDs end with the chip's number; of an older one, only the port can
// tell.
func isPhone(d usbmux.HostDevice, udid, port string) bool {
	_, own, newer := strings.Cut(usbmux.CanonicalUDID(udid), "-")
	if m := ecid.FindStringSubmatch(d.Serial); m != nil && newer {
		trim := func(s string) string { return strings.TrimLeft(strings.ToLower(s), "0") }
		return trim(m[1]) == trim(own)
	}
	return port != "" && d.BusPath == port
}
