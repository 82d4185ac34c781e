package usbmux

import "time"

// Trouble is what the operating system says against a phone that it sees. It
// explains why usbmuxd does not show the phone; one that usbmuxd shows is well all
// the same.
type Trouble string

// The troubles of a device.
const (
	// DriverMissing: no driver that usbmuxd could use is bound to the phone.
	DriverMissing Trouble = "driverMissing"
	// Claimed: another program or driver holds the phone for itself; Holder names
	// it where that can be told.
	Claimed Trouble = "claimed"
	// NotConfigured: nobody has chosen a configuration, so that nothing on the
	// phone can be spoken to.
	NotConfigured Trouble = "notConfigured"
	// TooLittlePower: the same, and the phone hangs on a hub that gives less power
	// than it asks for.
	TooLittlePower Trouble = "tooLittlePower"
	// NotAllowed: the computer's own rules keep USB devices out until somebody
	// allows them (authorized = 0; disabled in the Device Manager).
	NotAllowed Trouble = "notAllowed"
)

// PortKind says what is wrong with a port.
type PortKind string

// The troubles of a port.
const (
	// Unreadable: something is plugged in, but it does not say what it is.
	Unreadable PortKind = "unreadable"
	// Power: the port or the adapter turned it off, or gives too little power.
	Power PortKind = "power"
	// Loose: the same phone came and went at this port again and again.
	Loose PortKind = "loose"
)

// PortTrouble is what the operating system noted about a port within the last few
// minutes, and that nothing since has put right.
type PortTrouble struct {
	Port    string        // as in HostDevice.BusPath; "" when not told
	Kind    PortKind      //
	Times   int           // how often, at least 1
	Ago     time.Duration // since the last time; 0 when not told
	Message string        // in the system's own words
	// Undated says that nobody knows when: Times is a count since the computer was
	// started, and only its growth means something.
	Undated bool
}
