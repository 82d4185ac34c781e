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
	// Usual says that nobody chose the folder, and that no backup was ever seen in it:
	// when it is not there, it was not made yet.
	Usual bool
	Root  bool // we run as root

	Mux Mux
	// AddressSet says that the user named the address of usbmuxd. Then nothing
	// there is a failure even when no phone is plugged in.
	AddressSet bool
	// USB lists the phones on the computer's own USB bus, as usbmux.HostDevices
	// does; it answers errors.ErrUnsupported where nobody can tell.
	USB func(context.Context) ([]usbmux.HostDevice, error)
	// Ports lists the ports at which something is wrong, as usbmux.PortTroubles
	// does. It is asked only when a phone is missing; nil is not known.
	Ports func(context.Context) ([]usbmux.PortTrouble, error)
	// AppleSupport tells of Apple's device software where that has to be installed
	// (Windows); nil, or errors.ErrUnsupported, where the system brings it along.
	AppleSupport func(context.Context) (AppleSupport, error)
	// Remember tells what is known from earlier of a phone that is silent now; false
	// for one that was never here. nil remembers nothing.
	Remember func(ctx context.Context, udid string) (Memory, bool)
	// UDID is the phone that the report is about; what is wrong with other phones
	// is then not told. "" means any.
	UDID string
	// Grace is how long a phone on the bus may take until usbmuxd shows it; 0
	// means 10 s. A phone that nobody trusts takes its time.
	Grace time.Duration
	// Patience is how long a drive may take to give its first answer; 0 means 15 s:
	// one that sleeps needs about ten to turn.
	Patience time.Duration

	Disk     Disk     // nil means HostDisk
	Computer Computer // what this computer tells about itself

	// Engine says what is wrong with the engine that the settings ask for, as an
	// error with the cause engine-missing, engine-not-idevicebackup2 or
	// host-software-too-old; nil when nothing can be.
	Engine func(context.Context) error
	// Tool names the outside program that the backup would be made with; "" is
	// none. It is asked only where that matters; nil is none.
	Tool func(context.Context) string
	// Kept is how many versions of a phone are kept, and Size how many bytes the
	// newest has: what a drive costs on which versions cannot share files. 0 is not
	// known.
	Kept int
	Size int64
	// Mirror says that one version is kept where a drive cannot share files.
	Mirror bool
	// LogDir is where Homeport's own log is written; "" is not known.
	LogDir string
}

// AppleSupport is what the computer shows of Apple's device software.
type AppleSupport struct {
	Installed bool   // the service or the app that brings it is there
	Running   bool   // its service or process runs
	Name      string // as a person finds it, "Apple Mobile Device Service"; "" when not told
}

// Memory is what earlier visits tell of a phone.
type Memory struct {
	IOSVersion string        // "18.5"; "" when not known
	Unlocked   time.Duration // ago it was last known to be unlocked; 0 when not known
}

// defaultGrace is the usual Grace.
const defaultGrace = 10 * time.Second

// muxTimeout bounds the two checks that ask usbmuxd, Grace aside.
const muxTimeout = 6 * time.Second

// HostChecks are the checks of this computer. They need no phone.
func HostChecks(h Host) []Check {
	h = h.withDefaults()
	mux := &muxView{host: h}
	return slices.Concat(h.computerChecks(), h.destinationChecks(), []Check{
		{Name: "usb-service", Group: cause.Computer, Run: mux.service, Timeout: muxTimeout + h.Grace, Late: cause.MuxNotAnswering},
		{Name: "phone", Group: cause.Cable, After: []string{"usb-service"}, Run: mux.phone, Timeout: muxTimeout + h.Grace, Late: cause.MuxNotAnswering},
	})
}

func (h Host) withDefaults() Host {
	if h.Grace == 0 {
		h.Grace = defaultGrace
	}
	if h.Patience == 0 {
		h.Patience = defaultPatience
	}
	if h.Disk == nil {
		h.Disk = HostDisk{}
	}
	if h.USB == nil {
		h.USB = func(context.Context) ([]usbmux.HostDevice, error) { return nil, errors.ErrUnsupported }
	}
	return h
}

func (h Host) account(context.Context) Finding {
	if h.Root {
		return told(Warn, cause.RunningAsRoot, nil)
	}
	return passed(nil)
}
