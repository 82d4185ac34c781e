package usbmux

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestScanUSB reads testdata/sysfs: a bus, Apple's keyboard, somebody's stick, an
// iPhone behind a hub, an iPad on a port of the computer, an
// iPhone in recovery mode.
func TestScanUSB(t *testing.T) {
	t.Parallel()
	got, err := scanUSB(t.Context(), os.DirFS("testdata/sysfs"))
	if err != nil {
		t.Fatal(err)
	}
	want := []HostDevice{
		{UDID: udidA, Serial: strings.ReplaceAll(udidA, "-", ""), Product: "iPhone", Mode: ModeNormal, ProductID: 0x12A8,
			BusPath: "1-1.4", ViaHub: true, SpeedBitsPerSecond: 480_000_000},
		{UDID: udidB, Serial: udidB, Product: "iPad", Mode: ModeNormal, ProductID: 0x12AB, BusPath: "2-3", SpeedBitsPerSecond: 5_000_000_000},
		{Serial: "CPID:8110 CPRV:11 BDID:0C", Product: "Apple Mobile Device (Recovery Mode)", Mode: ModeRecovery, ProductID: 0x1281,
			BusPath: "3-1", SpeedBitsPerSecond: 480_000_000},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScanUSBOddities(t *testing.T) {
	t.Parallel()
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	root := fstest.MapFS{
		"1-1/idVendor": file("05ac\n"), "1-1/idProduct": file("12a8\n"), // no serial, no speed
		"1-1:1.0/idVendor": file("05ac\n"), "1-1:1.0/idProduct": file("12a8\n"), // an interface
		"1-2/idVendor": file("05ac\n"), "1-2/idProduct": file("many\n"),
		"1-3/idVendor": file("05ac\n"),
		"1-4/idVendor": file("05ac\n"), "1-4/idProduct": file("12a8"), "1-4/speed": file("fast"),
		"1-4/serial": file("\x1b[31m" + strings.Repeat("x", 10_000)),
	}
	got, err := scanUSB(t.Context(), root)
	if err != nil || len(got) != 2 || got[0].UDID != "" || got[0].SpeedBitsPerSecond != 0 {
		t.Fatalf("%v, %v", got, err)
	}
	if s := got[1].Serial; len(s) > maxAttribute || strings.Contains(s, "\x1b") || got[1].SpeedBitsPerSecond != 0 {
		t.Errorf("serial %q, speed %d", clip(s), got[1].SpeedBitsPerSecond)
	}
	if got, err := scanUSB(t.Context(), os.DirFS("testdata/absent")); err != nil || got != nil {
		t.Errorf("no bus: %v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := scanUSB(ctx, root); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for s, want := range map[string]int64{"1.5": 1_500_000, "12": 12_000_000, "480": 480_000_000, "10000": 10_000_000_000, "": 0, "-1": 0, "NaN": 0, "1e300": 0} {
		if got := parseSpeed(s); got != want {
			t.Errorf("speed %q: %d", s, got)
		}
	}
}

// TestHostDevices looks at the bus of the computer that runs the test, whatever
// is on it.
func TestHostDevices(t *testing.T) {
	t.Parallel()
	if _, err := HostDevices(t.Context()); err != nil {
		t.Error(err)
	}
}
