package mobilebackup2

import (
	"net"
	"testing"
	"time"

	"homeport/simulator/contents"
)

// tcpPair is a connection over loopback, as to a usbmuxd.
func tcpPair(t testing.TB) func() (net.Conn, net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return func() (net.Conn, net.Conn) {
		host, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		phone, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return host, phone
	}
}

// BenchmarkBackup is the engine alone, from a simulated phone over loopback and
// without TLS, ended by a sync of the volume.
func BenchmarkBackup(b *testing.B) {
	for _, c := range []struct {
		name string
		cfg  contents.Config
	}{
		{"large", contents.Config{Seed: 1, Profile: contents.Large, Files: 16, Bytes: 512 << 20}},
		{"small", contents.Config{Seed: 1, Profile: contents.Small, Files: 20000}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				p, _, _ := agentPhone(b, c.cfg)
				p.pair = tcpPair(b)
				job := testJob(b, p)
				b.StartTimer()
				r, err := New(testOptions()).Backup(b.Context(), job, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(r.Bytes)
				start := time.Now()
				syncVolume(b, job.Dir)
				b.ReportMetric(time.Since(start).Seconds(), "sync-s")
				b.ReportMetric(float64(r.Files), "files")
			}
		})
	}
	b.Run("unchanged", func(b *testing.B) {
		p, _, _ := agentPhone(b, contents.Config{Seed: 1, Profile: contents.Small, Files: 20000, Bytes: 20 << 20})
		p.pair = tcpPair(b)
		job := testJob(b, p)
		if _, err := New(testOptions()).Backup(b.Context(), job, nil); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := New(testOptions()).Backup(b.Context(), job, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
