package preflight

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// TestAbsent holds what is told of a phone that a person says is plugged in.
func TestAbsent(t *testing.T) {
	t.Parallel()
	const never = -1
	links := []usbmux.Link{{DeviceID: 1, UDID: udid, Connection: usbmux.USB}}
	wifi := []usbmux.Link{{DeviceID: 2, UDID: udid, Connection: usbmux.Network}}
	here := usbmux.HostDevice{UDID: udid, Mode: usbmux.ModeNormal, BusPath: "1-2"}
	with := func(change func(*usbmux.HostDevice)) []usbmux.HostDevice {
		d := here
		change(&d)
		return []usbmux.HostDevice{d}
	}
	known := func(version string, unlocked time.Duration) func(context.Context, string) (Memory, bool) {
		return func(context.Context, string) (Memory, bool) {
			return Memory{IOSVersion: version, Unlocked: unlocked}, true
		}
	}
	port := func(kinds ...usbmux.PortKind) func(context.Context) ([]usbmux.PortTrouble, error) {
		return func(context.Context) (list []usbmux.PortTrouble, err error) {
			for _, k := range kinds {
				list = append(list, usbmux.PortTrouble{Port: "1-3", Kind: k, Times: 1})
			}
			return list, nil
		}
	}
	support := func(s AppleSupport, err error) func(context.Context) (AppleSupport, error) {
		return func(context.Context) (AppleSupport, error) { return s, err }
	}
	tests := []struct {
		name  string
		scene scene
		host  Host
		want  cause.ID      // after it has settled
		after time.Duration // until then
	}{
		{"it is there", scene{links: links, bus: []usbmux.HostDevice{here}}, Host{}, "", 0},
		{"it comes", scene{links: links, bus: []usbmux.HostDevice{here}, listed: 3 * time.Second}, Host{}, "", 3 * time.Second},
		{"it is there, and the named one", scene{links: links}, Host{UDID: udid}, "", 0},
		{"another one is there", scene{links: links, bus: []usbmux.HostDevice{here}}, Host{UDID: otherUDID}, cause.CableNoData, 0},
		{"nothing anywhere", scene{}, Host{}, cause.CableNoData, 0},
		{"nothing anywhere, no service", scene{muxUp: never}, Host{}, cause.CableNoData, 0},
		{"by network only", scene{links: wifi}, Host{}, cause.CableNoData, 0},
		{"a port that reads nothing", scene{}, Host{Ports: port(usbmux.Unreadable)}, cause.USBEnumerationFailed, 0},
		{"too little power", scene{}, Host{Ports: port(usbmux.Unreadable, usbmux.Power)}, cause.AccessoryNotSupported, 0},
		{"a loose contact", scene{}, Host{Ports: port(usbmux.Unreadable, usbmux.Loose)}, cause.USBFlapping, 0},
		{"a bad port beside a phone that is there", scene{links: links}, Host{Ports: port(usbmux.Unreadable)}, "", 0},
		{"ports that nobody can read", scene{}, Host{Ports: func(context.Context) ([]usbmux.PortTrouble, error) { return nil, errors.ErrUnsupported }}, cause.CableNoData, 0},
		{"on the bus, never listed", scene{bus: []usbmux.HostDevice{here}}, Host{}, cause.DeviceNotInMux, 10 * time.Second},
		{"on the bus for an hour", scene{bus: with(func(d *usbmux.HostDevice) { d.OnBus = time.Hour })}, Host{}, cause.DeviceNotInMux, 0},
		{"on the bus, no service", scene{muxUp: never, bus: []usbmux.HostDevice{here}}, Host{}, cause.MuxServiceNotRunning, 10 * time.Second},
		{"on the bus for an hour, no service", scene{muxUp: never, bus: with(func(d *usbmux.HostDevice) { d.OnBus = time.Hour })}, Host{}, cause.MuxServiceNotRunning, 0},
		{"no driver", scene{bus: with(func(d *usbmux.HostDevice) { d.Trouble, d.OnBus = usbmux.DriverMissing, time.Minute })}, Host{}, cause.USBDriverMissing, 0},
		{"claimed", scene{bus: with(func(d *usbmux.HostDevice) { d.Trouble, d.OnBus = usbmux.Claimed, time.Minute })}, Host{}, cause.USBClaimedByOtherProgram, 0},
		{"kept out by a rule", scene{bus: with(func(d *usbmux.HostDevice) { d.Trouble, d.OnBus = usbmux.NotAllowed, time.Minute })}, Host{}, cause.USBClaimedByOtherProgram, 0},
		{"not switched on for want of power", scene{bus: with(func(d *usbmux.HostDevice) { d.Trouble, d.OnBus = usbmux.TooLittlePower, time.Minute })}, Host{}, cause.AccessoryNotSupported, 0},
		{"recovery mode", scene{bus: with(func(d *usbmux.HostDevice) { d.Mode, d.UDID = usbmux.ModeRecovery, "" })}, Host{}, cause.DeviceInRecovery, 0},
		{"a known phone with iOS 26", scene{bus: []usbmux.HostDevice{here}}, Host{Remember: known("26.1", 0)}, cause.WiredAccessoryNotAllowed, 10 * time.Second},
		{"a known phone with iOS 18", scene{bus: []usbmux.HostDevice{here}}, Host{Remember: known("18.5", 2*time.Hour)}, cause.USBRestrictedMode, 10 * time.Second},
		{"a known phone with iOS 18, unlocked just now", scene{bus: []usbmux.HostDevice{here}}, Host{Remember: known("18.5", time.Minute)}, cause.DeviceNotInMux, 10 * time.Second},
		{"a known phone with iOS 11.4", scene{bus: []usbmux.HostDevice{here}}, Host{Remember: known("11.4", 0)}, cause.DeviceNotInMux, 10 * time.Second},
		{"a known phone, its iOS not known", scene{bus: []usbmux.HostDevice{here}}, Host{Remember: known("", 0)}, cause.DeviceNotInMux, 10 * time.Second},
		{"Windows without Apple's software", scene{muxUp: never}, Host{AppleSupport: support(AppleSupport{}, nil)}, cause.AppleSupportMissing, 0},
		{"Windows whose service has stopped", scene{muxUp: never, bus: []usbmux.HostDevice{here}},
			Host{AppleSupport: support(AppleSupport{Installed: true}, nil)}, cause.MuxServiceNotRunning, 10 * time.Second},
		{"a Mac", scene{muxUp: never}, Host{AppleSupport: support(AppleSupport{}, errors.ErrUnsupported)}, cause.CableNoData, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, h := tt.scene, tt.host
				s.start = time.Now()
				h.Mux, h.USB = &s, s.usb
				a := Absent(h)
				var f Finding
				for settled := false; !settled && time.Since(s.start) < time.Minute; {
					if f, settled = a.Look(t.Context()); !settled {
						time.Sleep(500 * time.Millisecond)
					}
				}
				if f.Cause != tt.want || (f.Status == Fail) != (tt.want != "") {
					t.Errorf("got %s %s, want %q", f.Status, f.Cause, tt.want)
				}
				if took := time.Since(s.start).Round(time.Second); took != tt.after {
					t.Errorf("settled after %v, want %v", took, tt.after)
				}
			})
		})
	}
}

// TestAbsentCounts holds that a count of over-currents means something only when
// it grows, and that the ports are not looked at all the time.
func TestAbsentCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, asked := time.Now(), 0
		s := &scene{start: start}
		a := Absent(Host{Mux: s, USB: s.usb, Ports: func(context.Context) ([]usbmux.PortTrouble, error) {
			asked++
			n := 4
			if time.Since(start) > 20*time.Second {
				n++
			}
			return []usbmux.PortTrouble{{Port: "1-3", Kind: usbmux.Power, Times: n, Undated: true}}, nil
		}})
		for range 60 {
			f, _ := a.Look(t.Context())
			grown := time.Since(start) >= 24*time.Second
			if grown && f.Cause != cause.AccessoryNotSupported || time.Since(start) < 20*time.Second && f.Cause != cause.CableNoData {
				t.Fatalf("after %v: %s", time.Since(start), f.Cause)
			}
			time.Sleep(500 * time.Millisecond)
		}
		if asked > 11 {
			t.Errorf("asked %d times in 30 s", asked)
		}
	})
}
