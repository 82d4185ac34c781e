package mobilebackup2

import (
	"net"
	"slices"
	"testing"
	"time"

	"homeport/simulator"
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

// BenchmarkStack compares the engine with idevicebackup2 on the same simulated
// phone, through usbmuxd, lockdown and TLS, both ended by a sync. Nothing is
// removed between the runs: ext4 looks at every inode that was freed in the last
// minutes before it takes a new one, and whoever comes next would pay for that.
func BenchmarkStack(b *testing.B) {
	for _, c := range []struct {
		name string
		spec simulator.PhoneSpec
	}{
		{"large", simulator.PhoneSpec{Seed: 1, Profile: "large", Files: 16, Bytes: 1 << 30}},
		{"small", simulator.PhoneSpec{Seed: 1, Profile: "small", Files: 20000, Bytes: 160 << 20}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newStack(b, c.spec)
			native := func(dir string) {
				job := s.job(b)
				job.Dir = dir
				if _, err := New(testOptions()).Backup(b.Context(), job, nil); err != nil {
					b.Fatal(err)
				}
			}
			engines := []struct {
				name string
				run  func(dir string)
			}{{"native", native}, {"tool", func(dir string) { s.tool(b, dir) }}}
			for b.Loop() {
				// Whoever is first pays for the disk's first use of its blocks.
				slices.Reverse(engines)
				for _, e := range engines {
					dir := b.TempDir()
					took := timed(func() { e.run(dir); syncVolume(b, dir) })
					b.ReportMetric(took.Seconds(), e.name+"-s")
					took = timed(func() { e.run(dir); syncVolume(b, dir) })
					b.ReportMetric(took.Seconds(), e.name+"-unchanged-s")
				}
			}
		})
	}
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
