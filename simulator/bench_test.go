package simulator

import (
	"testing"
	"time"
)

// BenchmarkDiscard is the simulator alone: a first backup through usbmuxd, lockdownd and TLS by a host that throws every body away.
func BenchmarkDiscard(b *testing.B) {
	for name, spec := range map[string]PhoneSpec{
		"large": {Profile: "large", Files: 32, Bytes: 1 << 30},
		"small": {Profile: "small", Files: 10000, Bytes: 80 << 20},
	} {
		b.Run(name, func(b *testing.B) {
			spec.UDID, spec.Trust.Mode = testUDID, TrustPaired
			s, err := Start(Config{Phones: []PhoneSpec{spec}})
			must(b, err)
			defer s.Close()
			for b.Loop() {
				c := open(b, s, serviceBackup)
				_ = c.SetDeadline(time.Time{})
				host := newDiscardHost(c)
				if code, err := host.backup(testUDID); err != nil || code != 0 {
					b.Fatalf("backup: %d %v", code, err)
				}
				b.SetBytes(host.bytes)
				_ = c.Close()
			}
			b.ReportMetric(float64(s.Phones()[0].Agent().Stats().Files*b.N)/b.Elapsed().Seconds(), "files/s")
		})
	}
}

// BenchmarkStart is one phone, started and stopped: the budget is 50 ms.
func BenchmarkStart(b *testing.B) {
	for _, mode := range []TrustMode{TrustAsk, TrustPaired} {
		b.Run(string(mode), func(b *testing.B) {
			for b.Loop() {
				s, err := Start(Config{Phones: []PhoneSpec{{UDID: testUDID, Trust: Trust{Mode: mode}}}})
				must(b, err)
				must(b, s.Close())
			}
		})
	}
}
