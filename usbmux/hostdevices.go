package usbmux

import (
	"context"
	"time"
)

// Mode is what an Apple phone or tablet on the USB bus is doing.
type Mode string

// The modes, told apart by the USB product id.
const (
	ModeNormal   Mode = "normal"
	ModeRecovery Mode = "recovery" // the cable and the computer on the screen
	ModeDFU      Mode = "dfu"      // a black screen
)

// HostDevice is an Apple phone or tablet as the computer's own USB bus shows it,
// whether or not usbmuxd does.
type HostDevice struct {
	UDID               string // canonical; "" when the serial number is no UDID, as in recovery mode
	Serial             string // the USB serial number
	Product            string // "iPhone", "iPad"; "" when not told
	Mode               Mode
	ProductID          uint32
	BusPath            string // bus and ports, "1-1.4"
	ViaHub             bool   // between the phone and the computer's own port is a hub
	SpeedBitsPerSecond int64  // as negotiated; 0 when not told

	// OnBus is how long the phone has been plugged in; 0 when not told.
	OnBus time.Duration
	// Trouble is what the operating system says against the phone; "" when it says
	// nothing. Holder is the program or driver that holds it, for a person, and
	// Detail the system's own word or number.
	Trouble Trouble
	Holder  string
	Detail  string
}

// HostDevices lists the Apple phones and tablets on the USB bus. It asks nobody
// but the operating system. On systems where that is not implemented the error is
// errors.ErrUnsupported.
func HostDevices(ctx context.Context) ([]HostDevice, error) { return hostDevices(ctx) }

// modeOf tells phones and tablets from Apple's keyboards and hubs, which have the
// same vendor id.
func modeOf(product uint32) (Mode, bool) {
	switch {
	case product >= 0x1290 && product <= 0x12AF:
		return ModeNormal, true
	case product >= 0x1280 && product <= 0x1283:
		return ModeRecovery, true
	case product == 0x1222 || product == 0x1227:
		return ModeDFU, true
	}
	return "", false
}
