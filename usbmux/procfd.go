package usbmux

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// maxProcesses bounds the look through /proc.
const maxProcesses = 50_000

// holderIn finds, in a tree like /proc, the program that has a USB device open.
// Other users' programs cannot be looked into; they are passed over.
func holderIn(proc fs.FS, bus, address int) string {
	device := fmt.Sprintf("/dev/bus/usb/%03d/%03d", bus, address)
	entries, err := fs.ReadDir(proc, ".")
	if err != nil {
		return ""
	}
	for _, e := range entries[:min(len(entries), maxProcesses)] {
		if _, err := strconv.ParseUint(e.Name(), 10, 32); err != nil {
			continue
		}
		files, err := fs.ReadDir(proc, e.Name()+"/fd")
		if err != nil {
			continue
		}
		if slices.ContainsFunc(files, func(f fs.DirEntry) bool {
			target, err := fs.ReadLink(proc, e.Name()+"/fd/"+f.Name())
			return err == nil && target == device
		}) {
			return attribute(proc, e.Name(), "comm")
		}
	}
	return ""
}

// programName names a program as a person knows it; the name that the system has
// for it stays in.
func programName(comm string) string {
	for _, known := range []struct{ prefix, name string }{
		{"gvfs", "the file manager's photo import"},
		{"gphoto2", "a photo program"}, {"shotwell", "Shotwell"}, {"digikam", "digiKam"}, {"darktable", "darktable"},
		{"qemu", "a virtual machine"}, {"VirtualBox", "a virtual machine"}, {"VBox", "a virtual machine"}, {"vmware", "a virtual machine"},
		{"prl_", "a virtual machine"}, {"Parallels", "a virtual machine"}, {"UTM", "a virtual machine"},
	} {
		if len(comm) >= len(known.prefix) && strings.EqualFold(comm[:len(known.prefix)], known.prefix) {
			return known.name + " (" + comm + ")"
		}
	}
	return comm
}
