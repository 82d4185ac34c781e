package usbmux

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// overCurrents reads how often each port was switched off for drawing too much,
// since the computer was started, from a tree like /sys/bus/usb/devices:
// <hub>:1.0/<hub>-port<n>/over_current_count.
func overCurrents(root fs.FS) []PortTrouble {
	var list []PortTrouble
	for _, p := range portDirs(root) {
		n, err := strconv.Atoi(attribute(root, p.dir, "over_current_count"))
		if err == nil && n > 0 && n < 1<<31 {
			list = append(list, PortTrouble{Port: p.path, Kind: Power, Times: n, Undated: true, Message: "over-current count " + strconv.Itoa(n)})
		}
	}
	return list
}

// possible leaves out what is no trouble of a phone: ports that are wired to
// something inside the computer, and those whose device has been read since.
func possible(root fs.FS, troubles []PortTrouble) []PortTrouble {
	wired := map[string]bool{}
	for _, p := range portDirs(root) {
		switch attribute(root, p.dir, "connect_type") {
		case "hardwired", "not used":
			wired[p.path] = true
		}
	}
	return slices.DeleteFunc(troubles, func(t PortTrouble) bool {
		read := t.Kind == Unreadable && attribute(root, t.Port, "idVendor") != ""
		return wired[t.Port] || read
	})
}

// portDir is the folder of a port.
type portDir struct{ dir, path string }

func portDirs(root fs.FS) []portDir {
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil
	}
	var list []portDir
	for _, e := range entries[:min(len(entries), maxEntries)] {
		// A hub's first interface holds its ports: "usb1" has them in "1-0:1.0".
		device, _, isInterface := strings.Cut(e.Name(), ":")
		if !isInterface {
			continue
		}
		hub := device
		if bus, root := strings.CutSuffix(device, "-0"); root {
			hub = "usb" + bus
		}
		ports, err := fs.ReadDir(root, e.Name())
		if err != nil {
			continue
		}
		for _, p := range ports[:min(len(ports), maxPorts)] {
			if n, ok := strings.CutPrefix(p.Name(), hub+"-port"); ok {
				list = append(list, portDir{dir: e.Name() + "/" + p.Name(), path: portPath(hub, printable(n))})
			}
		}
	}
	return list
}
