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

// tell asks for a fact; one that nobody can tell is errors.ErrUnsupported.
func tell[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	if ask == nil {
		var none T
		return none, errors.ErrUnsupported
	}
	return ask(ctx)
}
