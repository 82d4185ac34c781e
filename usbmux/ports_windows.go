package usbmux

import (
	"context"
	"time"
)

func portTroubles(ctx context.Context) ([]PortTrouble, error) {
	list, err := readPnP(ctx)
	return unreadableInPnP(list, time.Now()), err
}
