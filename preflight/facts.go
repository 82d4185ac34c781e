package preflight

import (
	"context"
	"errors"
)

// Computer is what this computer tells about itself; package computer reads it.
// A func that is nil, or that answers an error such as errors.ErrUnsupported, is a
// fact that nobody can tell here: it is never told as a failure.
type Computer struct {
	// Battery tells of the computer's own battery.
	Battery func(context.Context) (Battery, error)
	// Programs lists the running programs that are known to work with iPhones.
	Programs func(context.Context) ([]Program, error)
	// AppleSupport tells of Apple's device software, as Host.AppleSupport.
	AppleSupport func(context.Context) (AppleSupport, error)
	// Drive tells where a folder lies in the system's table of mounts, whether the
	// folder is there or not. It never touches the drive, which may hang.
	Drive func(ctx context.Context, dir string) (Drive, error)
	// TLSPolicy says in a few words what the system's rules for encryption forbid
	// programs that a phone's certificates may need; "" is nothing.
	TLSPolicy func(context.Context) (string, error)
	// Synced names the service that keeps a folder, or one above it, in sync with
	// a cloud: "OneDrive"; "" is none that is known.
	Synced func(ctx context.Context, dir string) (string, error)
	// Guard tells what keeps programs out of a folder although its rights allow it.
	Guard func(ctx context.Context, dir string) (Guard, error)
}

// Guard is a protection of the system over a folder; without a Name there is none.
type Guard struct {
	Name string // as the settings call it: "Controlled folder access"
	// Privacy says that it is macOS's protection of private data. That forbids
	// reading too, always with EPERM, where rights that are missing give EACCES.
	Privacy bool
}

// Drive is where a folder lies.
type Drive struct {
	Point      string // where the file system that holds the folder is mounted
	FileSystem string // as the system spells it; "" when not known
	Kind       string // of a share of another computer: "SMB", "NFS"; "" for a drive of this one
	Share      string // its address: "//nas/backups"
	ReadOnly   bool   // mounted so that nothing can be written
	Broken     bool   // the system stopped writing to it by itself, because of errors
	// Absent is the place of a drive or share that the folder belongs to and that
	// is not mounted now; "" when all is there. Kind and Share are then its own.
	Absent string
}

// Battery is the computer's own battery, several taken as one.
type Battery struct {
	Present bool // there is one
	// Percent is what is left, 0 to 100, of all of them together.
	Percent int
	// External says that the computer runs from a socket or a charger, whether
	// that fills the battery or not.
	External bool
}

// Program is a running program that is known to work with iPhones.
type Program struct {
	Name  string // as people know it: "iTunes"
	Holds Hold
}

// Hold is what a program may keep for itself; several are added up.
type Hold uint8

// What a program may hold.
const (
	HoldsPhone Hold = 1 << iota // a conversation with the phone: sync, backup, transfer
	HoldsUSB                    // the USB interfaces of the phone
	HoldsFiles                  // backup folders
)

// tell asks for a fact that needs no argument; one that nobody can tell is errors.ErrUnsupported.
func tell[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	if ask == nil {
		var none T
		return none, errors.ErrUnsupported
	}
	return ask(ctx)
}
