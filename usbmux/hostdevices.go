package usbmux

import (
	"context"
	"time"

	"homeport/cause"
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

// busLimit is how long the operating system may take to tell of its bus. Some
// answers wait for a lock that a phone in trouble holds.
const busLimit = 3 * time.Second

// HostDevices lists the Apple phones and tablets on the USB bus. It asks nobody
// but the operating system, for at most 3 s. On systems where that is not
// implemented the error is errors.ErrUnsupported.
func HostDevices(ctx context.Context) ([]HostDevice, error) {
	return bounded(ctx, "list USB devices", hostDevices)
}

// PortTroubles lists the ports at which something is wrong. It asks nobody but the
// operating system, and may take a quarter of a second, at most 3 s: ask it when a
// phone is missing, not when all is well. What this account may not read is not
// told, and on systems that tell nothing the error is errors.ErrUnsupported.
func PortTroubles(ctx context.Context) ([]PortTrouble, error) {
	return bounded(ctx, "read USB ports", portTroubles)
}

// bounded leaves a question behind that the kernel does not answer in time: it
// cannot be called back.
func bounded[T any](ctx context.Context, name string, ask func(context.Context) ([]T, error)) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, busLimit)
	defer cancel()
	type answer struct {
		list []T
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		a.err = cause.Guard(func() (err error) {
			a.list, err = ask(ctx)
			return err
		})
		answers <- a
	}()
	select {
	case a := <-answers:
		return a.list, a.err
	case <-ctx.Done():
		return nil, ended(ctx, name)
	}
}

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
