package usbmux

import (
	"context"
	"errors"
)

// hostDevices is not implemented: without cgo the bus is seen through ioreg only.
func hostDevices(context.Context) ([]HostDevice, error) { return nil, errors.ErrUnsupported }
