package computer

import (
	"slices"
	"testing"

	"homeport/preflight"
)

func TestProgramsOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		processes []string
		want      []string
	}{
		{"nothing", nil, nil},
		{"Linux", []string{"systemd", "gvfsd", "gvfs-afc-volume", "gvfsd-gphoto2", "shotwell", "usbmuxd", "kworker/0:1", "bash"}, []string{"Shotwell", "the file manager's camera import (gvfsd-gphoto2)"}},
		{"Linux, a name cut short", []string{"rapid-photo-dow"}, []string{"Rapid Photo Downloader"}},
		{"macOS", []string{"launchd", "AMPDevicesAgent", "AMPDeviceDiscovery", "Finder", "AppleMobileBack"}, []string{"Apple's backup program", "Finder"}},
		{"Windows", []string{"System", "iTunes.exe", "iTunesHelper.exe", "AppleMobileDeviceService.exe", "vmware-vmx.exe", "VMWARE-VMX.EXE"}, []string{"iTunes", "VMware"}},
		{"Windows, from the Store", []string{"AppleDevices.exe", "AppleMobileDeviceProcess.exe", "3uTools.exe"}, []string{"3uTools", "Apple Devices"}},
		{"names that only begin alike", []string{"itunesd", "photos-agent", "ifuse2", "x", ""}, nil},
	} {
		var got []string
		for _, p := range programsOf(tt.processes) {
			got = append(got, p.Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestKnown holds that the table can match: names in lower case, no longer than
// what a system keeps would lose their difference.
func TestKnown(t *testing.T) {
	t.Parallel()
	for i, k := range known {
		if k.program.Name == "" || k.program.Holds == 0 || k.program.Holds > preflight.HoldsPhone|preflight.HoldsUSB|preflight.HoldsFiles {
			t.Errorf("%s: %+v", k.process, k.program)
		}
		for _, other := range known[i+1:] {
			if cut := k.process[:min(maxComm, len(k.process))]; cut == other.process[:min(maxComm, len(other.process))] {
				t.Errorf("%s and %s look the same when cut short", k.process, other.process)
			}
		}
	}
}
