package usbmux

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	appleVendor = "05ac"
	intelVendor = "8087"
	// An attribute is one short line.
	maxAttribute = 256
	// maxEntries is more than any USB tree has.
	maxEntries = 10_000
)

// holders names the program that holds a device open, "" when none is known.
type holders func(bus, address int) string

// scanUSB reads a tree like /sys/bus/usb/devices, of the form <bus path>/<name>.
// Names with a colon are interfaces of a device, "usb1" is a bus. A device that
// goes while it is read is left out; no bus at all is no device.
func scanUSB(ctx context.Context, root fs.FS, held holders) ([]HostDevice, error) {
	entries, err := fs.ReadDir(root, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list USB devices: %w", err)
	}
	entries = entries[:min(len(entries), maxEntries)]
	var devices []HostDevice
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, ended(ctx, "list USB devices")
		}
		if strings.Contains(e.Name(), ":") || attribute(root, e.Name(), "idVendor") != appleVendor {
			continue
		}
		d, ok := readUSB(root, e.Name())
		if !ok {
			continue
		}
		if d.Mode == ModeNormal {
			d.Trouble, d.Holder, d.Detail = sysfsTrouble(root, e.Name(), interfacesOf(root, entries, e.Name()), held)
		}
		devices = append(devices, d)
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
		Mode: mode, ProductID: uint32(product), BusPath: name, ViaHub: viaHub(root, name),
		SpeedBitsPerSecond: parseSpeed(attribute(root, name, "speed")),
		OnBus:              parseMilliseconds(attribute(root, name, "power/connected_duration")),
	}
	if ValidUDID(d.Serial) {
		d.UDID = CanonicalUDID(d.Serial)
	}
	return d, true
}

// viaHub says whether a hub that a person plugged in is between a device and its
// bus. The path names them: "1-2.3.1" is port 1 of the hub "1-2.3" on the hub
// "1-2". Hubs that are part of the computer do not count: those at a port that the
// firmware calls fixed, and the one inside Intel's chipsets of 2010 to 2015.
func viaHub(root fs.FS, name string) bool {
	for {
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return false
		}
		name = name[:i]
		if attribute(root, name, "removable") == "fixed" {
			continue
		}
		if attribute(root, name, "idVendor") == intelVendor && slices.Contains([]string{"0020", "0024", "8000", "8001", "8008", "8009"}, attribute(root, name, "idProduct")) {
			continue
		}
		return true
	}
}

// usbInterface is one interface of the configuration that is set.
type usbInterface struct {
	driver string // "usbfs" for a program's; "" for none
	mux    bool   // the one that usbmuxd speaks to
}

func interfacesOf(root fs.FS, entries []fs.DirEntry, device string) []usbInterface {
	var list []usbInterface
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), device+":") {
			continue
		}
		// Class, subclass and protocol of Apple's USB multiplexor.
		mux := attribute(root, e.Name(), "bInterfaceClass") == "ff" && attribute(root, e.Name(), "bInterfaceSubClass") == "fe" &&
			attribute(root, e.Name(), "bInterfaceProtocol") == "02"
		list = append(list, usbInterface{driver: driverOf(root, e.Name()), mux: mux})
	}
	return list
}

// driverOf names the driver that a device or an interface is bound to.
func driverOf(root fs.FS, name string) string {
	target, err := fs.ReadLink(root, name+"/driver")
	if err != nil {
		return ""
	}
	return printable(path.Base(target))
}

// sysfsTrouble tells what Linux has against a phone. usbmuxd takes the phone out
// of the configuration that the kernel chose and claims one interface, through
// usbfs; it cannot as long as another program holds one.
func sysfsTrouble(root fs.FS, name string, interfaces []usbInterface, held holders) (t Trouble, holder, detail string) {
	switch driver := driverOf(root, name); driver {
	case "", "usb", "apple-mfi-fastcharge":
	case "usbip-host":
		return Claimed, "a program that passes it to another computer (usbip)", "driver " + driver
	default:
		return Claimed, "", "driver " + driver
	}
	if attribute(root, name, "authorized") == "0" {
		return NotAllowed, "a rule of this computer for USB devices", "authorized 0"
	}
	byProgram, byMux := false, false
	for _, i := range interfaces {
		byProgram = byProgram || i.driver == "usbfs"
		byMux = byMux || i.driver == "usbfs" && i.mux
	}
	if byProgram {
		bus, _ := strconv.Atoi(attribute(root, name, "busnum"))
		address, _ := strconv.Atoi(attribute(root, name, "devnum"))
		holder = held(bus, address)
		if holder == "usbmuxd" || holder == "" && byMux {
			return "", "", ""
		}
		return Claimed, programName(holder), "driver usbfs"
	}
	if len(interfaces) > 0 {
		return "", "", ""
	}
	// Asked only now: the kernel answers it under the device's lock.
	if v, exists := attributeExists(root, name, "bConfigurationValue"); exists && (v == "" || v == "0") {
		if busPowered(root, name) {
			return TooLittlePower, "", "no configuration, behind a hub without power of its own"
		}
		return NotConfigured, "", "no configuration"
	}
	return "", "", ""
}

// busPowered says whether the hub that a device hangs on lives off the computer's
// own port: bit 6 of a configuration's attributes is "self-powered".
func busPowered(root fs.FS, name string) bool {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return false
	}
	bits, err := strconv.ParseUint(attribute(root, name[:i], "bmAttributes"), 16, 8)
	return err == nil && bits&0x40 == 0
}

// attribute reads one line; what cannot be read is "".
func attribute(root fs.FS, device, name string) string {
	s, _ := attributeExists(root, device, name)
	return s
}

func attributeExists(root fs.FS, device, name string) (value string, exists bool) {
	f, err := root.Open(device + "/" + name)
	if err != nil {
		return "", false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAttribute))
	if err != nil {
		return "", false
	}
	return printable(string(data)), true
}

// printable leaves out what cannot be printed: a phone chooses its own serial
// number and name.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, s))
}

// parseSpeed reads Mbit/s: "1.5", "12", "480", "5000", "10000".
func parseSpeed(s string) int64 {
	mbit, err := strconv.ParseFloat(s, 64)
	if err != nil || !(mbit > 0 && mbit < 1e6) {
		return 0
	}
	return int64(mbit * 1e6)
}

func parseMilliseconds(s string) time.Duration {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > int64(time.Duration(1<<63-1)/time.Millisecond) {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}
