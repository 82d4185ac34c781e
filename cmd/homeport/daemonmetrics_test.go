package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"homeport/agent/status"
	"homeport/agent/status/metrics"
	"homeport/configs"
)

// TestMeterComesBack has a port that another program holds for a while, and a folder that is
// made later: each is told once, and tried again.
func TestMeterComesBack(t *testing.T) {
	t.Parallel()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address, file := other.Addr().String(), filepath.Join(t.TempDir(), "later", "homeport.prom")
	var told atomic.Int32
	m := &meter{
		metrics: metrics.New(func(context.Context) status.Snapshot { return status.Snapshot{} }, nil),
		cannot: func(_ string, err error) {
			if err != nil {
				told.Add(1)
			}
		},
		over: make(chan struct{}), nudge: make(chan struct{}, 1),
	}
	m.working.Go(m.write)
	defer m.close()
	m.apply(configs.Metrics{Listen: address, Textfile: file})
	until(t, "both are told", func() bool { return told.Load() == 2 })
	for range 3 {
		m.rouse()
		until(t, "it was tried again", func() bool { return len(m.nudge) == 0 })
	}
	must(t, other.Close())
	must(t, os.Mkdir(filepath.Dir(file), 0o700))
	m.rouse()
	until(t, "the file is there", func() bool { _, err := os.Stat(file); return err == nil })
	res, err := http.Get("http://" + address + "/metrics")
	must(t, err)
	must(t, res.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	if res.StatusCode != http.StatusOK || told.Load() != 2 {
		t.Errorf("%s, told %d times", res.Status, told.Load())
	}
}
