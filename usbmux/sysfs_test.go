package usbmux

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScanUSB(t *testing.T) {
	t.Parallel()
	got, err := scanUSB(t.Context(), readTree(t, "testdata/sysfs/desk.txt"), nobody)
	if err != nil {
		t.Fatal(err)
	}
	want := []HostDevice{
		{UDID: udidA, Serial: strings.ReplaceAll(udidA, "-", ""), Product: "iPhone", Mode: ModeNormal, ProductID: 0x12A8,
			BusPath: "1-1.4", ViaHub: true, SpeedBitsPerSecond: 480_000_000, OnBus: 2*time.Hour + 5310*time.Millisecond},
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
	got, err := scanUSB(t.Context(), root, nobody)
	if err != nil || len(got) != 2 || got[0].UDID != "" || got[0].SpeedBitsPerSecond != 0 {
		t.Fatalf("%v, %v", got, err)
	}
	if s := got[1].Serial; len(s) > maxAttribute || strings.Contains(s, "\x1b") || got[1].SpeedBitsPerSecond != 0 {
		t.Errorf("serial %q, speed %d", clip(s), got[1].SpeedBitsPerSecond)
	}
	if got, err := scanUSB(t.Context(), os.DirFS("testdata/absent"), nobody); err != nil || got != nil {
		t.Errorf("no bus: %v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := scanUSB(ctx, root, nobody); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for s, want := range map[string]int64{"1.5": 1_500_000, "12": 12_000_000, "480": 480_000_000, "10000": 10_000_000_000, "": 0, "-1": 0, "NaN": 0, "1e300": 0} {
		if got := parseSpeed(s); got != want {
			t.Errorf("speed %q: %d", s, got)
		}
	}
}

// TestSysfsTrouble holds what Linux has against the phones of trouble.txt.
func TestSysfsTrouble(t *testing.T) {
	t.Parallel()
	proc := fstest.MapFS{
		"1/comm":     {Data: []byte("systemd\n")},
		"self/fd/3":  {Mode: fs.ModeSymlink, Data: []byte("/dev/bus/usb/001/013")}, // no process number
		"812/comm":   {Data: []byte("gvfsd-gphoto2\n")},
		"812/fd/0":   {Mode: fs.ModeSymlink, Data: []byte("/dev/null")},
		"812/fd/17":  {Mode: fs.ModeSymlink, Data: []byte("/dev/bus/usb/001/011")},
		"900/comm":   {Data: []byte("qemu-system-x86\n")},
		"900/fd/40":  {Mode: fs.ModeSymlink, Data: []byte("/dev/bus/usb/001/012")},
		"1001/comm":  {Data: []byte("usbmuxd\n")},
		"1001/fd/10": {Mode: fs.ModeSymlink, Data: []byte("/dev/bus/usb/001/018")},
	}
	devices, err := scanUSB(t.Context(), readTree(t, "testdata/sysfs/trouble.txt"), func(bus, address int) string { return holderIn(proc, bus, address) })
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		Trouble Trouble
		Holder  string
	}
	got := map[string]said{}
	for _, d := range devices {
		got[d.BusPath] = said{d.Trouble, d.Holder}
	}
	want := map[string]said{
		"1-1": {Claimed, "the file manager's photo import (gvfsd-gphoto2)"}, "1-2": {Claimed, "a virtual machine (qemu-system-x86)"},
		"1-3": {Claimed, ""}, "1-4": {NotAllowed, "a rule of this computer for USB devices"},
		"1-5": {NotConfigured, ""}, "1-6.1": {TooLittlePower, ""},
		"1-7": {Claimed, "a program that passes it to another computer (usbip)"}, "1-8": {}, "1-9": {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestViaHub(t *testing.T) {
	t.Parallel()
	devices, err := scanUSB(t.Context(), readTree(t, "testdata/sysfs/hubs.txt"), nobody)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, d := range devices {
		got[d.BusPath] = d.ViaHub
	}
	want := map[string]bool{"1-1.2": false, "1-1.3.4": true, "2-3.1": false, "2-4.1.1": true, "3-5.2": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
