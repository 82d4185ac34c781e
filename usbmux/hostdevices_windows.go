package usbmux

import (
	"context"
	"errors"
)

// hostDevices is not implemented: it needs the SetupAPI.
func hostDevices(context.Context) ([]HostDevice, error) { return nil, errors.ErrUnsupported }
