package usbmux

import (
	"context"
	"os"
)

const sysfsRoot = "/sys/bus/usb/devices"

func hostDevices(ctx context.Context) ([]HostDevice, error) {
	return Capture{Sysfs: os.DirFS(sysfsRoot), Proc: os.DirFS("/proc")}.HostDevices(ctx)
}
