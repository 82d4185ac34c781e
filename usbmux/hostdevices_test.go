package usbmux

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestModeOf(t *testing.T) {
	t.Parallel()
	for product, want := range map[uint32]Mode{
		0x12A8: ModeNormal, 0x1290: ModeNormal, 0x12AF: ModeNormal, 0x1281: ModeRecovery, 0x1227: ModeDFU,
		0x024F: "", 0x12B0: "", 0x1284: "", 0: "",
	} {
		if got, ok := modeOf(product); got != want || ok != (want != "") {
			t.Errorf("0x%04x: %q %v", product, got, ok)
		}
	}
}

// TestHostDevices looks at the bus of the computer that runs the test, whatever
// is on it, and at its ports.
func TestHostDevices(t *testing.T) {
	t.Parallel()
	if _, err := HostDevices(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := PortTroubles(t.Context()); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

// TestHungBus holds that a kernel that does not answer holds nobody up.
func TestHungBus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, release := time.Now(), make(chan struct{})
		list, err := bounded(t.Context(), "list USB devices", func(context.Context) ([]HostDevice, error) {
			<-release
			return []HostDevice{{}}, nil
		})
		if list != nil || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != busLimit {
			t.Errorf("%v, %v after %v", list, err, time.Since(start))
		}
		close(release)
	})
}

func TestViaHubOfLink(t *testing.T) {
	t.Parallel()
	for location, want := range map[uint32]bool{
		0x00010005: false, 0x0010007F: false, // Linux: bus and address
		0x14200000: false, 0x00100000: false, 0xFF900000: false, // straight
		0x14230000: true, 0x01131100: true, 0x14111111: true,
		0x1A120000: false, 0x1D118000: true, 0x1D200000: false, 0x1D230000: true, // the chipset's own hub, and one on it
		0x14203000: false, 0x14000001: false, 0x00010080: false, 0: false, 0xFFFFFFFF: true,
	} {
		if got := (Link{LocationID: location}).ViaHub(); got != want {
			t.Errorf("0x%08x: %v", location, got)
		}
	}
}
