package computer

import (
	"slices"
	"strings"

	"homeport/preflight"
)

// appleService is the service that iTunes from apple.com brings along.
const appleService = "Apple Mobile Device Service"

// appleFacts is what Windows shows of Apple's device software.
type appleFacts struct {
	// service is the state of appleService as the service manager numbers it: 1
	// stopped, 4 running; 0 when there is no such service.
	service uint32
	// packages are the full names of the Store's apps of this account:
	// "AppleInc.AppleDevices_1.1540.25171.0_x64__nzyj5cx40ttqa".
	packages []string
	// programs are the names under which installed programs can be removed.
	programs []string
	// processes are the names of what runs.
	processes []string
}

// appleApps are the Store's apps that bring the device software along, by the
// beginning of their package's name.
var appleApps = []struct{ prefix, name string }{
	{"AppleInc.AppleDevices_", "Apple Devices"},
	{"AppleInc.iTunes_", "iTunes"},
}

// appleProcesses are what listens for phones: the service's own, and the one that
// the apps start.
var appleProcesses = []string{"applemobiledeviceservice.exe", "applemobiledeviceprocess.exe"}

const serviceRunning = 4

func appleSupportOf(f appleFacts) preflight.AppleSupport {
	var a preflight.AppleSupport
	for _, app := range slices.Backward(appleApps) {
		if slices.ContainsFunc(f.packages, func(p string) bool { return strings.HasPrefix(p, app.prefix) }) {
			a.Installed, a.Name = true, app.name
		}
	}
	if slices.ContainsFunc(f.programs, func(p string) bool { return strings.EqualFold(p, "Apple Mobile Device Support") }) {
		a.Installed = true
	}
	if f.service != 0 {
		a.Installed, a.Name = true, appleService
	}
	a.Running = f.service == serviceRunning || slices.ContainsFunc(f.processes, func(p string) bool {
		return slices.Contains(appleProcesses, strings.ToLower(p))
	})
	a.Installed = a.Installed || a.Running
	return a
}
