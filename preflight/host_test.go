package preflight

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// scene is a usbmuxd and a bus that change with time.
type scene struct {
	start time.Time
	// muxUp and listed say after which time usbmuxd answers and lists the links;
	// negative is never.
	muxUp, listed time.Duration
	links         []usbmux.Link
	bus           []usbmux.HostDevice
	busErr        error
}

func (s *scene) reached(after time.Duration) bool {
	return after >= 0 && time.Since(s.start) >= after
}

func (s *scene) Devices(context.Context) ([]usbmux.Link, []error, error) {
	if !s.reached(s.muxUp) {
		return nil, nil, caused(cause.MuxServiceNotRunning)
	}
	if !s.reached(s.listed) {
		return nil, nil, nil
	}
	return s.links, nil, nil
}

func (s *scene) usb(context.Context) ([]usbmux.HostDevice, error) { return s.bus, s.busErr }

func TestHostChecks(t *testing.T) {
	t.Parallel()
	const never = -1
	link := usbmux.Link{DeviceID: 1, UDID: udid, Connection: usbmux.USB}
	wifi := usbmux.Link{DeviceID: 2, UDID: otherUDID, Connection: usbmux.Network}
	here := usbmux.HostDevice{UDID: udid, Mode: usbmux.ModeNormal, BusPath: "1-2"}
	second := usbmux.HostDevice{UDID: otherUDID, Mode: usbmux.ModeNormal, BusPath: "1-3"}
	broken := usbmux.HostDevice{Mode: usbmux.ModeRecovery, BusPath: "1-4"}
	links := []usbmux.Link{link}
	tests := []struct {
		name  string
		scene scene
		host  Host
		want  string
		took  time.Duration
	}{
		{"a phone", scene{links: links, bus: []usbmux.HostDevice{here}}, Host{}, "", 0},
		{"a phone, its bus not readable", scene{links: links, busErr: errors.New("denied")}, Host{}, "", 0},
		{"a phone on a system that shows no bus", scene{links: links, busErr: errors.ErrUnsupported}, Host{}, "", 0},
		{"nothing at all is idle", scene{muxUp: never}, Host{}, "phone=info:no-phone", 0},
		{"a service without a phone", scene{}, Host{}, "phone=info:no-phone", 0},
		{"a phone by network only", scene{links: []usbmux.Link{wifi}}, Host{}, "phone=info:no-phone", 0},
		{"a phone without a service", scene{muxUp: never, bus: []usbmux.HostDevice{here}}, Host{}, "usb-service=fail:mux-service-not-running", 10 * time.Second},
		{"a service that is just starting", scene{muxUp: 2 * time.Second, links: links, bus: []usbmux.HostDevice{here}}, Host{}, "", 2 * time.Second},
		{"no service where nobody can see the bus", scene{muxUp: never, busErr: errors.ErrUnsupported}, Host{}, "usb-service=fail:mux-service-not-running", 0},
		{"no service at an address that was set", scene{muxUp: never}, Host{AddressSet: true}, "usb-service=fail:mux-service-not-running", 0},
		{"a phone that is never listed", scene{listed: never, bus: []usbmux.HostDevice{here}}, Host{}, "phone=fail:device-not-in-mux", 10 * time.Second},
		{"a phone that takes its time", scene{listed: 9 * time.Second, links: links, bus: []usbmux.HostDevice{here}}, Host{}, "", 9 * time.Second},
		{"a phone that is never listed, less patience", scene{listed: never, bus: []usbmux.HostDevice{here}}, Host{Grace: time.Second}, "phone=fail:device-not-in-mux", time.Second},
		{"recovery mode", scene{bus: []usbmux.HostDevice{broken}}, Host{}, "phone=fail:device-in-recovery", 0},
		{"recovery mode without a service", scene{muxUp: never, bus: []usbmux.HostDevice{broken}}, Host{}, "phone=fail:device-in-recovery", 0},
		{"a phone without a service beside one in recovery", scene{muxUp: never, bus: []usbmux.HostDevice{broken, here}}, Host{}, "usb-service=fail:mux-service-not-running", 10 * time.Second},
		{"a well phone beside one in recovery", scene{links: links, bus: []usbmux.HostDevice{here, broken}}, Host{}, "phone=warn:device-in-recovery", 0},
		{"a well phone beside a silent one", scene{links: links, bus: []usbmux.HostDevice{here, second}}, Host{}, "phone=warn:device-not-in-mux", 10 * time.Second},
		{"about one phone, another is silent", scene{links: links, bus: []usbmux.HostDevice{here, second}}, Host{UDID: udid}, "", 0},
		{"about one phone, another is in recovery", scene{links: links, bus: []usbmux.HostDevice{here, broken}}, Host{UDID: udid}, "", 0},
		{"about the silent one", scene{links: links, bus: []usbmux.HostDevice{here, second}}, Host{UDID: otherUDID}, "phone=fail:device-not-in-mux", 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s, h := tt.scene, tt.host
				s.start = time.Now()
				h.Destination, h.Mux, h.USB, h.Disk = dir, &s, s.usb, fakeDisk{volume: Volume{FileSystem: "ext4"}}
				r := Run(t.Context(), HostChecks(h))
				if got := outline(Report{r.With(Info, Warn, Fail)}); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if took := time.Since(s.start).Round(time.Second); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// TestMuxErrorsPassThrough holds that the client's own causes are told as they
// are, and that nothing is said about the phone then.
func TestMuxErrorsPassThrough(t *testing.T) {
	t.Parallel()
	for _, id := range []cause.ID{cause.MuxPermissionDenied, cause.MuxUntrustedOwner, cause.MuxNotAnswering, cause.ProtocolError} {
		h := Host{Destination: t.TempDir(), Mux: fakeMux{err: caused(id)}, Disk: fakeDisk{},
			USB: func(context.Context) ([]usbmux.HostDevice, error) { return nil, nil }}
		r := Run(t.Context(), HostChecks(h))
		if got, want := outline(Report{r.With(Info, Warn, Fail)}), "usb-service=fail:"+string(id); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if f, _ := r.ByCheck("phone"); f.Status != Skipped {
			t.Errorf("%s: the phone is %s, want skipped", id, f.Status)
		}
	}
}

// TestMuxIsDown holds that nothing is told about a phone that cannot be reached.
func TestMuxIsDown(t *testing.T) {
	t.Parallel()
	s := allWell(t)
	s.host.Mux = fakeMux{err: caused(cause.MuxPermissionDenied)}
	s.phone.refused, s.phone.trust = caused(cause.MuxPermissionDenied), caused(cause.MuxPermissionDenied)
	s.free(gb)
	r, got := s.run(t)
	if want := "usb-service=fail:mux-permission-denied room=fail:host-disk-full"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, name := range []string{"answers", "unlocked", "trusted", "encryption", "sync-lock", "passcode"} {
		if f, _ := r.ByCheck(name); f.Status != Skipped {
			t.Errorf("%s is %s, want skipped", name, f.Status)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	var names []string
	for _, c := range append(HostChecks(Host{}), PhoneChecks(Attached{})...) {
		for _, after := range c.After {
			if !slices.Contains(names, after) {
				t.Errorf("%s comes after %s, which is no earlier check", c.Name, after)
			}
		}
		if slices.Contains(names, c.Name) || c.Run == nil {
			t.Errorf("%s is there twice, or does nothing", c.Name)
		}
		names = append(names, c.Name)
	}
}
