package computer

import (
	"testing"

	"homeport/preflight"
)

// TestAppleSupport has the facts of Windows computers as its registry, service
// manager and process list show them.
func TestAppleSupport(t *testing.T) {
	t.Parallel()
	store := []string{"Microsoft.WindowsTerminal_1.21.3231.0_x64__8wekyb3d8bbwe", "AppleInc.AppleDevices_1.1540.25171.0_x64__nzyj5cx40ttqa"}
	for name, tt := range map[string]struct {
		facts appleFacts
		want  preflight.AppleSupport
	}{
		"nothing": {appleFacts{packages: store[:1], programs: []string{"", "7-Zip 24.08 (x64)"}, processes: []string{"explorer.exe"}}, preflight.AppleSupport{}},
		"iTunes from apple.com": {appleFacts{service: 4, programs: []string{"iTunes", "Apple Mobile Device Support"}, processes: []string{"AppleMobileDeviceService.exe"}},
			preflight.AppleSupport{Installed: true, Running: true, Name: "Apple Mobile Device Service"}},
		"its service stopped": {appleFacts{service: 1, programs: []string{"Apple Mobile Device Support"}},
			preflight.AppleSupport{Installed: true, Name: "Apple Mobile Device Service"}},
		"Apple Devices, open": {appleFacts{packages: store, processes: []string{"AppleDevices.exe", "AppleMobileDeviceProcess.exe"}},
			preflight.AppleSupport{Installed: true, Running: true, Name: "Apple Devices"}},
		"Apple Devices, never opened": {appleFacts{packages: store}, preflight.AppleSupport{Installed: true, Name: "Apple Devices"}},
		"iTunes from the Store": {appleFacts{packages: []string{"AppleInc.iTunes_12134.4.3008.0_x64__nzyj5cx40ttqa"}},
			preflight.AppleSupport{Installed: true, Name: "iTunes"}},
		"another app of Apple":      {appleFacts{packages: []string{"AppleInc.iCloud_15.3.146.0_x64__nzyj5cx40ttqa", "AppleInc.AppleMusicWin_1.0"}}, preflight.AppleSupport{}},
		"only the support package":  {appleFacts{programs: []string{"Apple Mobile Device Support"}}, preflight.AppleSupport{Installed: true}},
		"a copy of another program": {appleFacts{processes: []string{"APPLEMOBILEDEVICEPROCESS.EXE"}}, preflight.AppleSupport{Installed: true, Running: true}},
	} {
		if got := appleSupportOf(tt.facts); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}
