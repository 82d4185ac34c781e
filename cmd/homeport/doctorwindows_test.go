package main

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"homeport/agent"
	"homeport/cause"
	"homeport/preflight"
)

// TestDoctorOnWindows shows what a person reads on Windows without Apple's device
// software: from what such a computer tells of its bus, through the checks, to the
// page.
func TestDoctorOnWindows(t *testing.T) {
	t.Parallel()
	scene := busScene{bus: onWindows("pictures-only"), muxErr: refused(cause.MuxServiceNotRunning, syscall.ECONNREFUSED), apple: &preflight.AppleSupport{}}
	r := preflight.Run(t.Context(), preflight.HostChecks(scene.host(t)))
	host := agent.Outcome{Findings: r.Findings}
	var out bytes.Buffer
	d := diagnosis{host: &host, blind: scene.muxErr}
	d.print(&page{w: &out, columns: 80, goos: "windows"})
	t.Logf("\n%s", &out)
	for _, want := range []string{
		"Whether an iPhone is plugged in could not be asked.",
		"FAIL  computer ", "(apple-support-missing)", "1. Open the Microsoft Store", "1 thing stops a backup: open the Microsoft Store",
		"  --    cable and port   not asked: the USB ports; needs the iPhone service",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(out.String(), "systemctl") || strings.Contains(out.String(), "no iPhone to be seen") {
		t.Error("the page tells of another system, or of what was not asked")
	}
}
