package usbmux

import (
	"context"
	"errors"
)

func portTroubles(context.Context) ([]PortTrouble, error) { return nil, errors.ErrUnsupported }
