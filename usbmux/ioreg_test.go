package usbmux

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseIoreg(t *testing.T) {
	t.Parallel()
	const old, x15 = "0123456789abcdef0123456789abcdef01234567", "00008130-000A1B2C3D4E5F60"
	tests := map[string][]HostDevice{
		"intel-high-sierra": {
			{UDID: old, Serial: strings.ToUpper(old), Product: "iPhone", Mode: ModeNormal, ProductID: 0x12A8, BusPath: "20-2.3", ViaHub: true, SpeedBitsPerSecond: 480_000_000},
			{UDID: "00008027-000A1B2C3D4E5F60", Serial: "00008027000A1B2C3D4E5F60", Product: "iPad", Mode: ModeNormal, ProductID: 0x12AB, BusPath: "20-5.1", SpeedBitsPerSecond: 12_000_000},
		},
		"intel-catalina": {
			{UDID: old, Serial: old, Product: "iPhone", Mode: ModeNormal, ProductID: 0x12A8, BusPath: "26-1.2", SpeedBitsPerSecond: 480_000_000},
			{Serial: "CPID:8010 CPRV:11 CPFM:03 SCEP:01", Mode: ModeDFU, ProductID: 0x1227, BusPath: "20-3", SpeedBitsPerSecond: 480_000_000},
		},
		"silicon-sonoma": {
			{UDID: x15, Serial: strings.ReplaceAll(x15, "-", ""), Product: "iPhone", Mode: ModeNormal, ProductID: 0x12A8, BusPath: "0-1", SpeedBitsPerSecond: 10_000_000_000},
			{Serial: "SDOM:01 CPID:8120 CPRV:11 CPFM:03 SCEP:01 BDID:0C ECID:001A2B3C4D5E6F70 IBFL:3D", Product: "Apple Mobile Device (Recovery Mode)", Mode: ModeRecovery,
				ProductID: 0x1281, BusPath: "1-1", SpeedBitsPerSecond: 480_000_000},
			{UDID: udidA, Serial: strings.ReplaceAll(udidA, "-", ""), Product: "iPhone", Mode: ModeNormal, ProductID: 0x12A8, BusPath: "2-1.4.2", ViaHub: true,
				SpeedBitsPerSecond: 480_000_000, Trouble: Claimed, Holder: "a virtual machine (VMware Fusion)", Detail: "pid 1643, VMware Fusion"},
		},
		"odd": {
			{Serial: strings.Repeat("x", maxAttribute-3), Product: "Anna’s iPhone", Mode: ModeNormal, ProductID: 0x12A8},
			{Mode: ModeNormal, ProductID: 0x12A8, BusPath: "0x14000001"},
		},
		"none": nil,
	}
	for name, want := range tests {
		data, err := os.ReadFile("testdata/ioreg/" + name + ".plist")
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseIoreg(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestIoregHostile holds that what is no list, or one that would cost too much, is
// an error.
func TestIoregHostile(t *testing.T) {
	t.Parallel()
	const open, shut = "<dict><key>IORegistryEntryChildren</key><array>", "</array></dict>"
	nested := func(n int) string {
		return `<plist version="1.0">` + strings.Repeat(open, n) + strings.Repeat(shut, n) + "</plist>"
	}
	if _, err := parseIoreg([]byte(nested(40))); err != nil {
		t.Errorf("40 levels: %v", err)
	}
	for name, text := range map[string]string{
		"nothing": "", "an older ioreg": "+-o Root  <class IORegistryEntry>", "too deep": nested(10_000),
		"too wide":               `<plist version="1.0"><dict><key>IORegistryEntryChildren</key><array>` + strings.Repeat("<dict></dict>", 500_001) + shut + "</plist>",
		"cut off":                nested(3)[:60],
		"children are no list":   `<plist version="1.0"><dict><key>IORegistryEntryChildren</key><string>x</string></dict></plist>`,
		"entities":               `<!DOCTYPE plist [<!ENTITY a "b">]><plist version="1.0"><dict></dict></plist>`,
		"larger than it may be ": strings.Repeat(" ", maxIoreg+1),
	} {
		if got, err := parseIoreg([]byte(text)); err == nil || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
