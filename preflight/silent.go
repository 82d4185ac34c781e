package preflight

import (
	"context"
	"slices"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// restrictedAfter is how long an iPhone stays locked until it blocks data over
// the cable, and restrictedSince the first iOS that does (Apple, "About the
// security content of iOS 11.4.1").
const restrictedAfter = time.Hour

var (
	restrictedSince = iosVersion{11, 4, 1}
	// asksSince is the first iOS whose own setting for wired accessories is "ask".
	asksSince = iosVersion{26}
)

// silent tells why a phone on the bus is not shown by usbmuxd, which answers. The
// picture is the same for four causes, so the evidence beside it decides, in this
// order:
//
//	usb-driver-missing           the system says that no driver is bound
//	usb-claimed-by-other-program the system says that something else holds it, or
//	                             that a rule keeps it out
//	accessory-not-supported      it was not switched on, for want of power
//	wired-accessory-not-allowed  a phone known from earlier, with iOS 26 or later,
//	                             not known to be unlocked within the last hour
//	usb-restricted-mode          a phone known from earlier, with iOS 11.4.1 to 18,
//	                             not known to be unlocked within the last hour
//	device-not-in-mux            everything else; its first step is to unlock the
//	                             phone and to look at its screen
//
// A phone that was never here may just be waiting for trust: about that one
// nothing is guessed.
func (h Host) silent(ctx context.Context, d usbmux.HostDevice) Finding {
	ev := evidenceOf(d)
	switch d.Trouble {
	case usbmux.DriverMissing:
		return told(Fail, cause.USBDriverMissing, ev)
	case usbmux.NotAllowed:
		delete(ev, "program")
		ev["rule"] = d.Holder
		return told(Fail, cause.USBClaimedByOtherProgram, ev)
	case usbmux.Claimed:
		return told(Fail, cause.USBClaimedByOtherProgram, ev)
	case usbmux.TooLittlePower:
		return told(Fail, cause.AccessoryNotSupported, ev)
	}
	if m, known := h.remember(ctx, d.UDID); known {
		v, ok := parseIOS(m.IOSVersion)
		lately := m.Unlocked > 0 && m.Unlocked < restrictedAfter
		switch {
		case !ok || lately:
		case !v.before(asksSince):
			return told(Fail, cause.WiredAccessoryNotAllowed, ev)
		case !v.before(restrictedSince):
			return told(Fail, cause.USBRestrictedMode, ev)
		}
	}
	return told(Fail, cause.DeviceNotInMux, ev)
}

func (h Host) remember(ctx context.Context, udid string) (Memory, bool) {
	if h.Remember == nil || udid == "" {
		return Memory{}, false
	}
	return h.Remember(ctx, udid)
}

// portFinding tells the worst that is known of a port, with the given status:
// what is too weak or too loose comes before what cannot be read, because it
// explains it.
func (h Host) portFinding(ctx context.Context, status Status) (Finding, bool) {
	if h.Ports == nil {
		return Finding{}, false
	}
	troubles, err := h.Ports(ctx)
	if err != nil {
		return Finding{}, false
	}
	return worstPort(troubles, status)
}

func worstPort(troubles []usbmux.PortTrouble, status Status) (Finding, bool) {
	for _, kind := range []struct {
		kind usbmux.PortKind
		id   cause.ID
	}{{usbmux.Power, cause.AccessoryNotSupported}, {usbmux.Loose, cause.USBFlapping}, {usbmux.Unreadable, cause.USBEnumerationFailed}} {
		if i := slices.IndexFunc(troubles, func(t usbmux.PortTrouble) bool { return t.Kind == kind.kind && !t.Undated }); i >= 0 {
			return told(status, kind.id, portEvidence(troubles[i])), true
		}
	}
	return Finding{}, false
}

func portEvidence(t usbmux.PortTrouble) cause.Evidence {
	ev := cause.Evidence{"times": t.Times}
	if t.Port != "" {
		ev["port"] = t.Port
	}
	if t.Message != "" {
		ev["detail"] = t.Message
	}
	if t.Ago > 0 {
		ev["ago"] = cause.Seconds(t.Ago.Seconds())
	}
	return ev
}
