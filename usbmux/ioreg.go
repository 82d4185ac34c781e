package usbmux

import (
	"fmt"
	"strconv"
	"strings"

	"homeport/usbmux/plist"
)

// ioregLimits bounds what ioreg may print: a full USB tree is some 100 kB.
func ioregLimits() plist.Limits {
	return plist.Limits{Size: maxIoreg, Depth: 100, Objects: 500_000, Decoded: 64 << 20}
}

const (
	maxIoreg    = 8 << 20
	appleVendID = 0x05AC
	intelVendID = 0x8087
	hubClass    = 9
)

// ioregNode is one object of the I/O Registry's USB plane. The keys go back to
// different generations of macOS: with El Capitan the names in kUSB... came beside
// those with spaces, with Ventura UsbLinkSpeed.
type ioregNode struct {
	Name     any         `plist:"IORegistryEntryName"`
	Class    any         `plist:"IOObjectClass"`
	Children []ioregNode `plist:"IORegistryEntryChildren"`

	Vendor      any `plist:"idVendor"`
	ProductID   any `plist:"idProduct"`
	Location    any `plist:"locationID"`
	DeviceClass any `plist:"bDeviceClass"`

	Serial    any `plist:"kUSBSerialNumberString"`
	OldSerial any `plist:"USB Serial Number"`
	Title     any `plist:"kUSBProductString"`
	OldTitle  any `plist:"USB Product Name"`

	LinkSpeed any `plist:"UsbLinkSpeed"` // bit/s
	Speed     any `plist:"USBSpeed"`
	OldSpeed  any `plist:"Device Speed"`

	BuiltIn      any `plist:"Built-In"`
	NonRemovable any `plist:"non-removable"`
	Owner        any `plist:"UsbExclusiveOwner"` // "pid 1643, Google Chrome"
}

// parseIoreg reads what `ioreg -a -l -p IOUSB` prints: the tree of controllers,
// hubs and devices, as a property list. An empty answer is an error.
func parseIoreg(data []byte) ([]HostDevice, error) {
	roots, err := ioregRoots(data)
	if err != nil {
		return nil, fmt.Errorf("read ioreg's list: %w", err)
	}
	var devices []HostDevice
	for i := range roots {
		devices = roots[i].phones(devices, 0)
	}
	return devices, nil
}

// ioregRoots reads the root: one object, or an array of them when a class was
// asked for.
func ioregRoots(data []byte) ([]ioregNode, error) {
	var root ioregNode
	err := plist.UnmarshalLimits(data, &root, ioregLimits())
	if err == nil {
		return []ioregNode{root}, nil
	}
	var list []ioregNode
	if plist.UnmarshalLimits(data, &list, ioregLimits()) == nil {
		return list, nil
	}
	return nil, err
}

// phones adds the phones at and below n; hubs is how many hubs that a person
// plugged in are above it.
func (n *ioregNode) phones(list []HostDevice, hubs int) []HostDevice {
	if d, ok := n.phone(); ok {
		d.ViaHub = hubs > 0
		list = append(list, d)
	}
	if n.isHub() {
		hubs++
	}
	for i := range n.Children {
		list = n.Children[i].phones(list, hubs)
	}
	return list
}

// isHub says that the object is a hub that is no part of the computer. A bus
// shows itself as a hub too, as the "Root Hub Simulation" of its controller.
func (n *ioregNode) isHub() bool {
	class, _ := plistInt(n.DeviceClass)
	vendor, _ := plistInt(n.Vendor)
	builtIn, _ := n.BuiltIn.(bool)
	root := strings.Contains(plistText(n.Class), "RootHub") || strings.Contains(plistText(n.Name), "Root Hub")
	return class == hubClass && !root && !builtIn && plistText(n.NonRemovable) != "yes" && vendor != intelVendID
}

func (n *ioregNode) phone() (HostDevice, bool) {
	vendor, _ := plistInt(n.Vendor)
	product, ok := plistInt(n.ProductID)
	mode, phone := modeOf(uint32(product))
	if vendor != appleVendID || !ok || !phone || product < 0 || product > 0xFFFF {
		return HostDevice{}, false
	}
	d := HostDevice{
		Serial: firstText(n.Serial, n.OldSerial), Product: firstText(n.Title, n.OldTitle),
		Mode: mode, ProductID: uint32(product), SpeedBitsPerSecond: n.speed(),
	}
	if ValidUDID(d.Serial) {
		d.UDID = CanonicalUDID(d.Serial)
	}
	if location, ok := plistInt(n.Location); ok && location > 0 && location <= 1<<32-1 {
		d.BusPath = locationPath(uint32(location))
	}
	// macOS's own drivers own a device without a process number. Its photo import
	// takes the pictures only, which disturbs nobody.
	pid, program, owned := strings.Cut(plistText(n.Owner), ", ")
	if owned && mode == ModeNormal && strings.HasPrefix(pid, "pid ") && program != "usbmuxd" && program != "ptpcamerad" {
		d.Trouble, d.Holder, d.Detail = Claimed, programName(program), plistText(n.Owner)
	}
	return d, true
}

// The speeds by the numbers of IOUSBHostConnectionSpeed ("USBSpeed") and of the
// older USB.h ("Device Speed"), in bit/s.
var (
	newSpeeds = []int64{0, 12_000_000, 1_500_000, 480_000_000, 5_000_000_000, 10_000_000_000, 20_000_000_000}
	oldSpeeds = []int64{1_500_000, 12_000_000, 480_000_000, 5_000_000_000, 10_000_000_000, 20_000_000_000}
)

func (n *ioregNode) speed() int64 {
	if bits, ok := plistInt(n.LinkSpeed); ok && bits > 0 && bits < 1e12 {
		return bits
	}
	if i, ok := plistInt(n.Speed); ok && i > 0 && i < int64(len(newSpeeds)) {
		return newSpeeds[i]
	}
	if i, ok := plistInt(n.OldSpeed); ok && i >= 0 && i < int64(len(oldSpeeds)) {
		return oldSpeeds[i]
	}
	return 0
}

// locationPath spells a location as Linux spells bus paths, "20-2.3"; as a number
// when it is no path.
func locationPath(id uint32) string {
	bus, ports := splitLocation(id)
	if len(ports) == 0 {
		return fmt.Sprintf("0x%08x", id)
	}
	steps := make([]string, len(ports))
	for i, p := range ports {
		steps[i] = strconv.Itoa(int(p))
	}
	return strconv.Itoa(int(bus)) + "-" + strings.Join(steps, ".")
}

// plistInt is a value that should be a whole number.
func plistInt(v any) (int64, bool) { return plist.Dict{"": v}.Int("") }

// plistText is a value that should be a text, as far as it can be printed.
func plistText(v any) string {
	s, _ := v.(string)
	return printable(s[:min(len(s), maxAttribute)])
}

func firstText(values ...any) string {
	for _, v := range values {
		if s := plistText(v); s != "" {
			return s
		}
	}
	return ""
}
