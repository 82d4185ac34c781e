package usbmux

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

const (
	sysfsRoot   = "/sys/bus/usb/devices"
	appleVendor = "05ac"
	// An attribute is one short line.
	maxAttribute = 256
)

func hostDevices(ctx context.Context) ([]HostDevice, error) {
	return scanUSB(ctx, os.DirFS(sysfsRoot))
}

// scanUSB reads a tree of the form <bus path>/{idVendor,idProduct,serial,speed,
// product}. Names with a colon are interfaces of a device, "usb1" is a bus. A
// device that goes while it is read is left out; no bus at all is no device.
func scanUSB(ctx context.Context, root fs.FS) ([]HostDevice, error) {
	entries, err := fs.ReadDir(root, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list USB devices: %w", err)
	}
	var devices []HostDevice
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, ended(ctx, "list USB devices")
		}
		if strings.Contains(e.Name(), ":") || attribute(root, e.Name(), "idVendor") != appleVendor {
			continue
		}
		if d, ok := readUSB(root, e.Name()); ok {
			devices = append(devices, d)
		}
	}
	return devices, nil
}

// readUSB reads one device; false means that it is no phone or tablet.
func readUSB(root fs.FS, name string) (HostDevice, bool) {
	product, err := strconv.ParseUint(attribute(root, name, "idProduct"), 16, 16)
	if err != nil {
		return HostDevice{}, false
	}
	mode, ok := modeOf(uint32(product))
	if !ok {
		return HostDevice{}, false
	}
	d := HostDevice{
		Serial: attribute(root, name, "serial"), Product: attribute(root, name, "product"),
		Mode: mode, ProductID: uint32(product), BusPath: name, ViaHub: strings.Contains(name, "."),
		SpeedBitsPerSecond: parseSpeed(attribute(root, name, "speed")),
	}
	if ValidUDID(d.Serial) {
		d.UDID = CanonicalUDID(d.Serial)
	}
	return d, true
}

// attribute reads one line; what cannot be read is "". A phone chooses its own
// serial number and name, so what cannot be printed is left out.
func attribute(root fs.FS, device, name string) string {
	f, err := root.Open(device + "/" + name)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAttribute))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, string(data)))
}

// parseSpeed reads Mbit/s: "1.5", "12", "480", "5000", "10000".
func parseSpeed(s string) int64 {
	mbit, err := strconv.ParseFloat(s, 64)
	if err != nil || !(mbit > 0 && mbit < 1e6) {
		return 0
	}
	return int64(mbit * 1e6)
}
