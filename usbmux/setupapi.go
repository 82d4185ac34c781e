package usbmux

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// pnpDevice is one USB device or interface as Windows' Plug and Play manager has
// it, in its own words.
type pnpDevice struct {
	// InstanceID is "USB\VID_05AC&PID_12A8\<serial>", or for an interface
	// "USB\VID_05AC&PID_12A8&MI_01\<made up>".
	InstanceID string
	// HardwareIDs are its kinds, the most exact first.
	HardwareIDs []string
	// Service is the driver that is bound, "" for none.
	Service string
	// LocationPaths are ways to it, "PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(1)#USB(3)".
	LocationPaths []string
	// LocationInfo is its port, "Port_#0003.Hub_#0001".
	LocationInfo string
	// Name is what it calls itself on the bus, "iPhone"; Description what Windows
	// calls it, "Apple iPhone".
	Name, Description string
	// Problem is the Configuration Manager's number, 0 for none: 28 no driver, 43
	// the device reported problems, 22 disabled.
	Problem uint32
	// Arrived is when it was plugged in, as a FILETIME; 0 when not told.
	Arrived uint64
}

var (
	instancePattern  = regexp.MustCompile(`(?i)^USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})(&MI_[0-9A-F]{2})?\\([^\\]+)$`)
	portInfoPattern  = regexp.MustCompile(`^Port_#0*(\d{1,4})\.Hub_#0*(\d{1,4})$`)
	usbPortPattern   = regexp.MustCompile(`^USB\((\d{1,3})\)$`)
	interfacePattern = regexp.MustCompile(`^USBMI\(\d{1,3}\)$`)
)

// instance is an InstanceID, parsed.
type instance struct {
	vendor, product uint32
	isInterface     bool
	serial          string // "" when Windows made it up
}

func parseInstance(id string) (instance, bool) {
	m := instancePattern.FindStringSubmatch(id)
	if m == nil || len(id) > maxAttribute {
		return instance{}, false
	}
	vendor, _ := strconv.ParseUint(m[1], 16, 16)
	product, _ := strconv.ParseUint(m[2], 16, 16)
	i := instance{vendor: uint32(vendor), product: uint32(product), isInterface: m[3] != ""}
	if !strings.Contains(m[4], "&") {
		i.serial = printable(m[4])
	}
	return i, true
}

// phonesInPnP finds the phones in Windows' list of USB devices. How fast a phone
// is connected stands nowhere in it.
func phonesInPnP(list []pnpDevice, now time.Time) []HostDevice {
	var devices []HostDevice
	for _, p := range list {
		id, ok := parseInstance(p.InstanceID)
		mode, phone := modeOf(id.product)
		if !ok || id.isInterface || id.vendor != appleVendID || !phone {
			continue
		}
		d := HostDevice{
			Serial: id.serial, Product: printable(p.Name), Mode: mode, ProductID: id.product,
			BusPath: portName(p), ViaHub: len(portsOnWay(p)) > 1, OnBus: sinceFiletime(p.Arrived, now),
		}
		if ValidUDID(d.Serial) {
			d.UDID = CanonicalUDID(d.Serial)
		}
		if mode == ModeNormal {
			d.Trouble, d.Holder, d.Detail = pnpTrouble(p, interfacesInPnP(list, p))
		}
		devices = append(devices, d)
	}
	return devices
}

// unreadableInPnP finds the devices that Windows could not read: it gives them the
// vendor 0000 and calls them "Unknown USB Device (Device Descriptor Request
// Failed)" or the like.
func unreadableInPnP(list []pnpDevice, now time.Time) []PortTrouble {
	var troubles []PortTrouble
	for _, p := range list {
		if id, ok := parseInstance(p.InstanceID); ok && id.vendor == 0 && p.Problem != 0 {
			troubles = append(troubles, PortTrouble{Port: portName(p), Kind: Unreadable, Times: 1, Ago: sinceFiletime(p.Arrived, now), Message: printable(p.Description)})
		}
	}
	return troubles
}

// interfacesInPnP are the interfaces of a device: their ways go on from its own.
func interfacesInPnP(list []pnpDevice, parent pnpDevice) []pnpDevice {
	var found []pnpDevice
	for _, p := range list {
		id, ok := parseInstance(p.InstanceID)
		if !ok || !id.isInterface {
			continue
		}
		for _, way := range p.LocationPaths {
			i := strings.LastIndexByte(way, '#')
			if i > 0 && interfacePattern.MatchString(way[i+1:]) && containsFold(parent.LocationPaths, way[:i]) {
				found = append(found, p)
				break
			}
		}
	}
	return found
}

// muxServices are the drivers that Apple's service speaks through: Apple's own of
// iTunes's time, and WinUSB since.
var muxServices = []string{"USBAAPL", "USBAAPL64", "AppleUSBMux", "WINUSB"}

// foreignServices are drivers that keep a phone for somebody else.
var foreignServices = []struct{ service, name string }{
	{"VBoxUSB", "a virtual machine (VirtualBox)"}, {"vmusb", "a virtual machine (VMware)"}, {"hcmon", "a virtual machine (VMware)"},
	{"usbip", "a program that passes it to another computer (usbip)"},
	{"libusbK", "another driver (libusbK)"}, {"libusb0", "another driver (libusb-win32)"},
}

// Problems that are not the driver's: disabled by a person, reported by the device
// itself, and about to be unplugged.
const (
	problemDisabled = 22
	problemReported = 43
	problemRemoving = 47
)

// pnpTrouble tells what Windows has against a phone. Without Apple's driver it
// takes an iPhone for a camera.
func pnpTrouble(p pnpDevice, interfaces []pnpDevice) (t Trouble, holder, detail string) {
	for _, d := range append([]pnpDevice{p}, interfaces...) {
		for _, f := range foreignServices {
			if strings.EqualFold(d.Service, f.service) {
				return Claimed, f.name, "driver " + f.service
			}
		}
	}
	switch p.Problem {
	case 0:
	case problemDisabled:
		return NotAllowed, "a setting in Windows' Device Manager", "problem 22"
	case problemReported, problemRemoving:
		return "", "", fmt.Sprintf("problem %d", p.Problem)
	default:
		return DriverMissing, "", fmt.Sprintf("problem %d", p.Problem)
	}
	if containsFold(muxServices, p.Service) || p.Service == "" {
		return "", "", ""
	}
	bad := ""
	for _, i := range interfaces {
		if containsFold(muxServices, i.Service) && i.Problem == 0 {
			return "", "", ""
		}
		if i.Problem != 0 {
			bad = fmt.Sprintf(", problem %d", i.Problem)
		}
	}
	if len(interfaces) == 0 && strings.EqualFold(p.Service, "usbccgp") {
		return "", "", "" // its interfaces are still to come
	}
	return DriverMissing, "", "driver " + printable(p.Service) + bad
}

// portsOnWay are the ports on the way to a device, beginning at the bus; nil when
// that cannot be told. Intel's EHCI controllers have the chipset's own hub at port
// 1, which does not count.
func portsOnWay(p pnpDevice) []string {
	for _, way := range p.LocationPaths {
		steps := strings.Split(way[:min(len(way), maxAttribute)], "#")
		var ports []string
		ehci := false
		for _, s := range steps {
			ehci = ehci || s == "PCI(1A00)" || s == "PCI(1D00)"
			if m := usbPortPattern.FindStringSubmatch(s); m != nil {
				ports = append(ports, m[1])
			}
		}
		if len(ports) > 1 && ehci && ports[0] == "1" {
			ports = ports[1:]
		}
		if len(ports) > 0 {
			return ports
		}
	}
	return nil
}

// portName names the port as Windows' own tools do.
func portName(p pnpDevice) string {
	if m := portInfoPattern.FindStringSubmatch(p.LocationInfo); m != nil {
		return m[1] + " of hub " + m[2]
	}
	return strings.Join(portsOnWay(p), ".")
}

// sinceFiletime is how long ago a FILETIME was: 100 ns since 1601.
func sinceFiletime(filetime uint64, now time.Time) time.Duration {
	const unixEpoch, second = 116_444_736_000_000_000, 10_000_000
	if filetime <= unixEpoch || filetime > 1<<62 {
		return 0
	}
	n := int64(filetime - unixEpoch)
	return max(now.Sub(time.Unix(n/second, n%second*100)), 0)
}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}
