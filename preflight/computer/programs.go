package computer

import (
	"slices"
	"strings"

	"homeport/preflight"
)

// maxProcesses bounds one look at the running programs.
const maxProcesses = 20_000

const (
	phone = preflight.HoldsPhone
	usb   = preflight.HoldsUSB
	files = preflight.HoldsFiles
)

// known are the programs that work with iPhones, by the name of their process in
// lower case and without ".exe". What proves more stands first: a program that
// makes backups and nothing else before one that is only open, and that before a
// helper that always runs when a phone is there.
var known = []struct {
	process string
	program preflight.Program
}{
	{"idevicebackup2", preflight.Program{Name: "idevicebackup2", Holds: phone | files}},
	{"idevicebackup", preflight.Program{Name: "idevicebackup", Holds: phone | files}},
	{"applemobilebackup", preflight.Program{Name: "Apple's backup program", Holds: phone | files}},
	{"applemobilesync", preflight.Program{Name: "Apple's sync program", Holds: phone}},
	{"imazing", preflight.Program{Name: "iMazing", Holds: phone | files}},
	{"imazing mini", preflight.Program{Name: "iMazing Mini", Holds: phone | files}},
	{"3utools", preflight.Program{Name: "3uTools", Holds: phone | files}},
	{"anytrans", preflight.Program{Name: "AnyTrans", Holds: phone | files}},
	{"phonerescue", preflight.Program{Name: "PhoneRescue", Holds: phone | files}},
	{"drfone", preflight.Program{Name: "Dr.Fone", Holds: phone | files}},
	{"iexplorer", preflight.Program{Name: "iExplorer", Holds: phone | files}},
	{"copytransmanager", preflight.Program{Name: "CopyTrans", Holds: phone | files}},
	{"itunes", preflight.Program{Name: "iTunes", Holds: phone | files}},
	{"appledevices", preflight.Program{Name: "Apple Devices", Holds: phone | files}},
	{"apple devices", preflight.Program{Name: "Apple Devices", Holds: phone | files}},
	{"ideviceinstaller", preflight.Program{Name: "ideviceinstaller", Holds: phone}},
	{"ifuse", preflight.Program{Name: "ifuse", Holds: phone}},
	{"photos", preflight.Program{Name: "Photos", Holds: phone}},
	{"image capture", preflight.Program{Name: "Image Capture", Holds: phone | usb}},
	{"virtualboxvm", preflight.Program{Name: "VirtualBox", Holds: usb}},
	{"vboxheadless", preflight.Program{Name: "VirtualBox", Holds: usb}},
	{"vmware-vmx", preflight.Program{Name: "VMware", Holds: usb}},
	{"prl_vm_app", preflight.Program{Name: "Parallels", Holds: usb}},
	{"shotwell", preflight.Program{Name: "Shotwell", Holds: usb}},
	{"digikam", preflight.Program{Name: "digiKam", Holds: usb}},
	{"gphoto2", preflight.Program{Name: "gphoto2", Holds: usb}},
	{"rapid-photo-downloader", preflight.Program{Name: "Rapid Photo Downloader", Holds: usb}},
	{"gvfsd-gphoto2", preflight.Program{Name: "the file manager's camera import (gvfsd-gphoto2)", Holds: usb}},
	{"gvfsd-afc", preflight.Program{Name: "the file manager (gvfsd-afc)", Holds: phone}},
	{"ampdevicesagent", preflight.Program{Name: "Finder", Holds: phone | files}},
}

// maxComm is how many characters of a process's name Linux (15) and macOS (16)
// keep.
const maxComm = 15

// programsOf picks the known programs out of the names of all processes, each
// once, the likeliest culprits first.
func programsOf(processes []string) []preflight.Program {
	running := make([]string, 0, len(processes))
	for _, p := range processes {
		running = append(running, strings.TrimSuffix(strings.ToLower(strings.TrimSpace(p)), ".exe"))
	}
	var list []preflight.Program
	for _, k := range known {
		runs := slices.ContainsFunc(running, func(p string) bool {
			return p == k.process || len(p) >= maxComm && strings.HasPrefix(k.process, p)
		})
		if runs && !slices.Contains(list, k.program) {
			list = append(list, k.program)
		}
	}
	return list
}
