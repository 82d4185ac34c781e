package cause

import (
	"strings"
	"testing"
)

// BenchmarkMatch searches the most that is looked at: 256 KiB of a log.
func BenchmarkMatch(b *testing.B) {
	log := strings.Repeat("11:38:50 idevice.c:430 idevice_connection_send(): SSL_write 512, sent 512 of the backup of the iPhone\n", 2600)
	Match(log)
	b.SetBytes(maxPasted)
	for b.Loop() {
		Match(log)
	}
}
