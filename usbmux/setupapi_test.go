package usbmux

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func readPnPList(t testing.TB, name string) []pnpDevice {
	t.Helper()
	data, err := os.ReadFile("testdata/setupapi/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var list []pnpDevice
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPhonesInPnP(t *testing.T) {
	t.Parallel()
	const arrived = 134087616000000000 // in the lists
	now := time.Unix((arrived-116_444_736_000_000_000)/10_000_000, 0).Add(time.Minute)
	phone := func(change func(*HostDevice)) HostDevice {
		d := HostDevice{UDID: udidA, Serial: strings.ReplaceAll(udidA, "-", ""), Product: "iPhone", Mode: ModeNormal, ProductID: 0x12A8, BusPath: "10 of hub 1", OnBus: time.Minute}
		change(&d)
		return d
	}
	in := func(trouble Trouble, holder, detail string) []HostDevice {
		return []HostDevice{phone(func(d *HostDevice) { d.Trouble, d.Holder, d.Detail = trouble, holder, detail })}
	}
	tests := map[string][]HostDevice{
		"devices-app":   in("", "", ""),
		"no-driver":     in(DriverMissing, "", "problem 28"),
		"pictures-only": in(DriverMissing, "", "driver WUDFWpdMtp"),
		"mux-failed":    in(DriverMissing, "", "driver usbccgp, problem 28"),
		"cannot-start":  in(DriverMissing, "", "problem 10"),
		"disabled":      in(NotAllowed, "a setting in Windows' Device Manager", "problem 22"),
		"reported":      in("", "", "problem 43"),
		"virtualbox":    in(Claimed, "a virtual machine (VirtualBox)", "driver VBoxUSB"),
		"itunes": {phone(func(d *HostDevice) {
			d.UDID, d.Serial = udidB, udidB
			d.BusPath, d.ViaHub = "2 of hub 1", true
		})},
		"two-phones": {
			phone(func(*HostDevice) {}),
			phone(func(d *HostDevice) {
				d.UDID, d.Serial, d.Product, d.ProductID = "00008130-000A1B2C3D4E5F60", "00008130000A1B2C3D4E5F60", "iPad", 0x12AB
				d.BusPath, d.Trouble, d.Detail = "4 of hub 1", DriverMissing, "driver usbccgp"
			}),
		},
		"recovery": {{Serial: "CPID:8110_CPRV:11_BDID:0C", Product: "Apple Mobile Device (Recovery Mode)", Mode: ModeRecovery, ProductID: 0x1281, BusPath: "10 of hub 1", OnBus: time.Minute}},
		"unknown":  nil,
		"odd":      {{Mode: ModeNormal, ProductID: 0x12A8}},
	}
	for name, want := range tests {
		if diff := cmp.Diff(want, phonesInPnP(readPnPList(t, name), now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got := unreadableInPnP(readPnPList(t, name), now); name != "unknown" && got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	want := []PortTrouble{
		{Port: "3 of hub 1", Kind: Unreadable, Times: 1, Ago: time.Minute, Message: "Unknown USB Device (Device Descriptor Request Failed)"},
		{Port: "7 of hub 1", Kind: Unreadable, Times: 1, Ago: time.Minute, Message: "Unknown USB Device (Link in Compliance Mode)"},
	}
	if diff := cmp.Diff(want, unreadableInPnP(readPnPList(t, "unknown"), now)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPortsOnWay(t *testing.T) {
	t.Parallel()
	for way, want := range map[string]string{
		"PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(5)":               "5",
		"PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(1)#USB(3)#USB(2)": "1.3.2",
		"PCIROOT(0)#PCI(1A00)#USBROOT(0)#USB(1)#USB(2)":        "2",
		"PCIROOT(0)#PCI(1D00)#USBROOT(0)#USB(1)#USB(2)#USB(4)": "2.4",
		"ACPI(_SB_)#ACPI(PCI0)":                                "", "": "",
		"PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(12345)": "",
	} {
		if got := portName(pnpDevice{LocationPaths: []string{"ACPI(_SB_)", way}}); got != want {
			t.Errorf("%s: %q, want %q", way, got, want)
		}
	}
}
