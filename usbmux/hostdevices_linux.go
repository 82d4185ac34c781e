package usbmux

import (
	"context"
	"os"
)

const sysfsRoot = "/sys/bus/usb/devices"

func hostDevices(ctx context.Context) ([]HostDevice, error) {
	return scanUSB(ctx, os.DirFS(sysfsRoot), func(bus, address int) string {
		return holderIn(os.DirFS("/proc"), bus, address)
	})
}
