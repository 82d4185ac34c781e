package usbmux

import (
	"testing"
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
