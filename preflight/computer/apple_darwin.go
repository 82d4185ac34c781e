package computer

import (
	"context"
	"errors"

	"homeport/preflight"
)

// appleSupport is not asked: here the system, or usbmuxd, does what Apple's
// software does on Windows.
func appleSupport(context.Context) (preflight.AppleSupport, error) {
	return preflight.AppleSupport{}, errors.ErrUnsupported
}
