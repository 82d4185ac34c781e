package usbmux

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Capture is what a system shows of its USB bus: the live one of Linux, or one that
// was noted down on another computer. What is nil is not shown.
type Capture struct {
	Sysfs  fs.FS         // Linux: a tree like /sys/bus/usb/devices
	Proc   fs.FS         // a tree like /proc
	Kernel []string      // records of /dev/kmsg, in their order
	Uptime time.Duration // the clock of those records, now
	Ioreg  []byte        // macOS: what ioreg -a -l -p IOUSB prints
	PnP    []byte        // Windows: a JSON array of devices, with InstanceID, HardwareIDs, Service, LocationPaths, LocationInfo, Name, Description, Problem, Arrived
}

// HostDevices lists the phones on the bus, as the function of that name does.
func (c Capture) HostDevices(ctx context.Context) ([]HostDevice, error) {
	switch {
	case c.Sysfs != nil:
		return scanUSB(ctx, c.Sysfs, func(bus, address int) string {
			if c.Proc == nil {
				return ""
			}
			return holderIn(c.Proc, bus, address)
		})
	case c.Ioreg != nil:
		return parseIoreg(c.Ioreg)
	case c.PnP != nil:
		list, err := c.pnp()
		return phonesInPnP(list, time.Now()), err
	}
	return nil, errors.ErrUnsupported
}

// PortTroubles lists the ports at which something is wrong, as the function of that
// name does.
func (c Capture) PortTroubles(context.Context) ([]PortTrouble, error) {
	switch {
	case c.Sysfs != nil:
		var lines []logLine
		for _, record := range c.Kernel {
			if l, ok := parseKmsg(record); ok {
				lines = append(lines, l)
			}
		}
		return troublesOf(c.Sysfs, lines, c.Uptime), nil
	case c.PnP != nil:
		list, err := c.pnp()
		return unreadableInPnP(list, time.Now()), err
	}
	return nil, errors.ErrUnsupported
}

// troublesOf is what the kernel's messages and its tree tell together, the newest
// first.
func troublesOf(root fs.FS, lines []logLine, now time.Duration) []PortTrouble {
	list := portsInLog(lines, now)
	slices.SortStableFunc(list, byTime)
	return possible(root, append(list, overCurrents(root)...))
}

func (c Capture) pnp() ([]pnpDevice, error) {
	var list []pnpDevice
	if err := json.Unmarshal(c.PnP, &list); err != nil {
		return nil, fmt.Errorf("read captured devices: %w", err)
	}
	return list, nil
}
