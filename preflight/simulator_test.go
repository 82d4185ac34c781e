package preflight_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/preflight"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

const udid = "00008110-000A1B2C3D4E5F60"

// handset lets a lockdown.Phone answer the checks.
type handset struct{ *lockdown.Phone }

func (h handset) Basics(ctx context.Context) (preflight.Basics, error) {
	f, err := h.Facts(ctx)
	return preflight.Basics{
		UDID: f.UDID, Name: f.DeviceName, ProductType: f.ProductType, ProductVersion: f.ProductVersion,
		BuildVersion: f.BuildVersion, ActivationState: f.ActivationState, PasswordProtected: f.PasswordProtected,
	}, err
}

// world is one simulated phone, reached as a real one is.
type world struct {
	sim    *simulator.Phone
	phone  *lockdown.Phone
	client *usbmux.Client
	link   usbmux.Link
}

func open(t *testing.T, spec simulator.PhoneSpec) *world {
	t.Helper()
	spec.UDID, spec.Files, spec.Bytes = udid, 10, 1000
	dir, err := os.MkdirTemp("", "mux") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{spec}, Listen: []string{"unix://" + filepath.Join(dir, "s")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	address, err := usbmux.ParseAddress(sim.Addr())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{sim: sim.Phone(udid), client: usbmux.NewClient(address)}
	links, _, err := w.client.Devices(t.Context())
	if err != nil || len(links) != 1 {
		t.Fatalf("devices: %v, %v", links, err)
	}
	w.link, w.phone = links[0], lockdown.New(w.client, links[0])
	t.Cleanup(func() { _ = w.phone.Close() })
	return w
}

// run does the whole preflight and gives what did not pass.
func (w *world) run(t *testing.T) (preflight.Report, string) {
	t.Helper()
	dir := t.TempDir()
	nobody := func(context.Context) ([]usbmux.HostDevice, error) { return nil, nil }
	r := preflight.Run(t.Context(), append(
		preflight.HostChecks(preflight.Host{Destination: dir, Mux: w.client, AddressSet: true, USB: nobody, UDID: udid}),
		preflight.PhoneChecks(preflight.Attached{Link: w.link, Phone: handset{w.phone}, SyncLock: w.phone.TrySyncLock, Destination: dir})...))
	var words []string
	for _, f := range r.Findings {
		switch f.Check {
		case "room", "destination-format": // the machine's own drive
		default:
			if f.Status == preflight.Fail || f.Status == preflight.Warn || f.Status == preflight.Info {
				words = append(words, f.Check+"="+string(f.Status)+":"+string(f.Cause))
			}
		}
	}
	return r, strings.Join(words, " ")
}

func TestSimulatedPhones(t *testing.T) {
	t.Parallel()
	paired := simulator.Trust{Mode: simulator.TrustPaired}
	percent := 9
	off := "encryption=info:encryption-off"
	tests := []struct {
		name  string
		spec  simulator.PhoneSpec
		spoil func(*simulator.Phone)
		want  string
	}{
		{"well", simulator.PhoneSpec{Trust: paired}, nil, off},
		{"never trusted", simulator.PhoneSpec{}, nil, "trusted=fail:not-trusted"},
		{"forgot us", simulator.PhoneSpec{Trust: paired}, (*simulator.Phone).Forget, "trusted=fail:pair-record-stale"},
		{"restarted and never unlocked", simulator.PhoneSpec{Trust: paired, Locked: true, BeforeBoot: true}, nil, "trusted=fail:device-not-unlocked-since-boot"},
		{"an impostor", simulator.PhoneSpec{Trust: paired}, func(p *simulator.Phone) { p.SetImpostor(true) }, "trusted=fail:device-identity-mismatch"},
		{"in its set-up", simulator.PhoneSpec{Trust: paired, Activation: "Unactivated"}, nil, "activated=fail:not-activated " + off},
		{"a profile demands encryption", simulator.PhoneSpec{Trust: paired, RequiresEncryption: true}, nil, "encryption=fail:encryption-required-by-policy"},
		{"encrypted", simulator.PhoneSpec{Trust: paired, WillEncrypt: true}, nil, ""},
		{"iOS 9", simulator.PhoneSpec{Trust: paired, ProductVersion: "9.3.5"}, nil, "ios-version=fail:ios-too-old " + off},
		{"locked", simulator.PhoneSpec{Trust: paired}, (*simulator.Phone).Lock, "unlocked=fail:device-locked " + off},
		{"low battery", simulator.PhoneSpec{Trust: paired, Battery: simulator.Battery{Percent: &percent, NotCharging: true}}, nil, "battery=warn:device-battery-low " + off},
		{"full", simulator.PhoneSpec{Trust: paired, Disk: simulator.Disk{Total: 64e9, Available: 1e8}}, nil, "phone-storage=warn:device-storage-full " + off},
		{"another program syncs", simulator.PhoneSpec{Trust: paired}, func(p *simulator.Phone) { p.HoldSyncLock(0) }, off + " sync-lock=fail:sync-lock-held"},
		{"locked, while another program syncs", simulator.PhoneSpec{Trust: paired}, func(p *simulator.Phone) { p.Lock(); p.HoldSyncLock(0) },
			"unlocked=fail:device-locked " + off + " sync-lock=fail:sync-lock-held"},
		{"a profile forbids it", simulator.PhoneSpec{Trust: paired}, func(p *simulator.Phone) {
			p.Play(simulator.LockdownError{Request: "StartSession", Code: "MCProtected"})
		}, "trusted=fail:pairing-prohibited-by-policy"},
		{"lost", simulator.PhoneSpec{Trust: paired}, func(p *simulator.Phone) {
			p.Play(simulator.LockdownError{Request: "StartSession", Code: "FMiPProtected"})
		}, "trusted=fail:lost-mode"},
		{"unplugged", simulator.PhoneSpec{Trust: paired}, (*simulator.Phone).Detach, "answers=fail:device-disconnected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := open(t, tt.spec)
			if tt.spoil != nil {
				tt.spoil(w.sim)
			}
			start := time.Now()
			r, got := w.run(t)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if n := w.phone.Sessions(); n > 1 {
				t.Errorf("%d sessions, want one", n)
			}
			t.Logf("%d checks in %v, exit code %d", len(r.Findings), time.Since(start).Round(time.Millisecond), r.ExitCode())
		})
	}
}

// TestFast holds that a well phone costs well under a second.
func TestFast(t *testing.T) {
	w := open(t, simulator.PhoneSpec{Trust: simulator.Trust{Mode: simulator.TrustPaired}})
	start := time.Now()
	r, _ := w.run(t)
	if took := time.Since(start); took > time.Second || r.Failed() {
		t.Errorf("took %v; failed: %v", took, r.With(preflight.Fail))
	}
}
