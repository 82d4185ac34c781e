package backupagent

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"homeport/simulator/contents"
)

// The agent alone over a local socket, against a host that throws bodies away.
func BenchmarkRun(b *testing.B) {
	for _, c := range []struct {
		name string
		cfg  contents.Config
	}{
		{"large", contents.Config{Seed: 1, Profile: contents.Large, Files: 64, Bytes: 2 << 30}},
		{"small", contents.Config{Seed: 1, Profile: contents.Small, Files: 20000}},
	} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, c.cfg, true) })
	}
	b.Run("unchanged", func(b *testing.B) {
		benchmark(b, contents.Config{Seed: 1, Profile: contents.Small, Files: 20000}, false)
	})
}

func benchmark(b *testing.B, cfg contents.Config, first bool) {
	g := newRig(b, cfg)
	l, err := net.Listen("unix", filepath.Join(b.TempDir(), "s"))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	run := func() {
		conn, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		theirs, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- g.agent.Serve(context.Background(), theirs) }()
		if result, err := g.host.talk(conn, request("Backup", nil)); err != nil || result.code != 0 {
			b.Fatal(result, err)
		}
		if err := <-served; err != nil {
			b.Fatal(err)
		}
	}
	g.host.discard = true
	run()
	if first {
		b.SetBytes(g.contents.View().Bytes())
	}
	files := g.contents.View().Files()
	for b.Loop() {
		if first {
			g.host = newHost()
			g.host.discard = true
		}
		run()
	}
	b.ReportMetric(float64(files*b.N)/b.Elapsed().Seconds(), "files/s")
}
