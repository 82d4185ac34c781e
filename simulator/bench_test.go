package simulator

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// benchPhones are what both hosts below back up.
func benchPhones() map[string]PhoneSpec {
	return map[string]PhoneSpec{
		"large": {UDID: testUDID, Trust: Trust{Mode: TrustPaired}, Profile: "large", Files: 32, Bytes: 1 << 30},
		"small": {UDID: testUDID, Trust: Trust{Mode: TrustPaired}, Profile: "small", Files: 10000, Bytes: 80 << 20},

		"encrypted-large": {UDID: testUDID, Trust: Trust{Mode: TrustPaired}, Profile: "large", Files: 32, Bytes: 1 << 30, BackupPassword: "pw"},
		"encrypted-small": {UDID: testUDID, Trust: Trust{Mode: TrustPaired}, Profile: "small", Files: 10000, Bytes: 80 << 20, BackupPassword: "pw"},
	}
}

// BenchmarkDiscard is the simulator alone: a first backup through usbmuxd, lockdownd and TLS by a host that throws every body away.
func BenchmarkDiscard(b *testing.B) {
	for name, spec := range benchPhones() {
		b.Run(name, func(b *testing.B) {
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
				_ = c.Close()
			}
			report(b, s.Phones()[0], b.Elapsed()/time.Duration(b.N))
		})
	}
}

// BenchmarkIdevicebackup2 is the same backup by the stock tool, of which only the time between its request and the final answer counts.
func BenchmarkIdevicebackup2(b *testing.B) {
	for name, spec := range benchPhones() {
		b.Run(name, func(b *testing.B) {
			var mu sync.Mutex
			var began time.Time
			var took time.Duration
			s, err := Start(Config{Phones: []PhoneSpec{spec}, Logf: func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				switch line, _ := args[len(args)-1].(string); {
				case strings.HasSuffix(line, "backup: request"):
					began = time.Now()
				case strings.HasSuffix(line, "backup: end"):
					took += time.Since(began)
				}
			}})
			must(b, err)
			defer s.Close()
			for b.Loop() {
				dir := b.TempDir()
				if out, code := tool(b, s.Addr(), "idevicebackup2", "backup", dir); code != 0 {
					b.Fatalf("exit %d: %s", code, out)
				}
				_ = os.RemoveAll(dir)
			}
			report(b, s.Phones()[0], took/time.Duration(b.N))
		})
	}
}

// report tells how fast the last of the backups was, when each took that long.
func report(b *testing.B, phone *Phone, each time.Duration) {
	stats := phone.Agent().Stats()
	b.ReportMetric(float64(stats.Bytes)/1e6/each.Seconds(), "MB/s")
	b.ReportMetric(float64(stats.Files)/each.Seconds(), "files/s")
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
