package usbmux_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux"
)

const simUDID = "00008110-000A1B2C3D4E5F60"

// simulated starts a usbmuxd with one phone on a unix socket.
func simulated(t *testing.T, spec simulator.PhoneSpec) (*simulator.Simulator, *usbmux.Client) {
	t.Helper()
	dir, err := os.MkdirTemp("", "mux")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	spec.UDID, spec.Files, spec.Bytes = simUDID, 5, 100
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
	return sim, usbmux.NewClient(address)
}

func isCauseOf(err error, want cause.ID) bool {
	id, _ := cause.Of(err)
	return id == want
}

// next waits for an event of a kind, skipping others, for real.
func next(t *testing.T, w *usbmux.Watcher, kind usbmux.Kind) usbmux.Event {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case e, open := <-w.Events():
			if !open {
				t.Fatalf("the watcher ended before %s", kind)
			}
			if e.Kind == kind {
				return e
			}
		case <-limit:
			t.Fatalf("no %s", kind)
		}
	}
}

func TestClientOnSimulator(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t, simulator.PhoneSpec{Connection: "both", Trust: simulator.Trust{Mode: simulator.TrustPaired}})
	odd := sim.Play(simulator.BadListEntry{Entry: "nonsense"})[0]
	links, bad, err := c.Devices(t.Context())
	if err != nil || len(bad) != 1 || len(links) != 2 || links[0].Connection == links[1].Connection {
		t.Fatalf("%v, %v, %v", links, bad, err)
	}
	odd.Cancel()
	if links, bad, err := c.Devices(t.Context()); err != nil || len(bad) != 0 || len(links) != 2 {
		t.Errorf("%v, %v, %v", links, bad, err)
	}
	if buid, err := c.BUID(t.Context()); err != nil || len(buid) != 36 {
		t.Errorf("%q, %v", buid, err)
	}
	record, err := c.PairRecord(t.Context(), simUDID)
	if err != nil || record.HostID == "" {
		t.Fatalf("%v, %v", record, err)
	}
	conn, err := c.Connect(t.Context(), links[0].DeviceID, 62078)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	for _, try := range []struct {
		device int
		port   uint16
		number int64
	}{{999, 62078, 2}, {links[0].DeviceID, 1, 3}} {
		if _, err := c.Connect(t.Context(), try.device, try.port); !isCauseOf(err, cause.MuxConnectFailed) {
			t.Errorf("device %d, port %d: %v", try.device, try.port, err)
		}
	}
	if err := c.DeletePairRecord(t.Context(), simUDID); err != nil {
		t.Error(err)
	}
	if _, err := c.PairRecord(t.Context(), simUDID); !isCauseOf(err, cause.PairRecordMissing) {
		t.Errorf("deleted: %v", err)
	}
	if err := c.SavePairRecord(t.Context(), simUDID, record, links[0].DeviceID); err != nil {
		t.Error(err)
	}
}

func TestWatcherOnSimulator(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t, simulator.PhoneSpec{Trust: simulator.Trust{Mode: simulator.TrustPaired}})
	w := usbmux.NewWatcher(c, usbmux.WatcherOptions{MinBackoff: 50 * time.Millisecond, SocketPoll: 20 * time.Millisecond})
	if err := w.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	phone := sim.Phone(simUDID)
	first := next(t, w, usbmux.Attached).Link
	if first.UDID != simUDID || first.SpeedBitsPerSecond != 480_000_000 || first.ProductID != 0x12A8 {
		t.Errorf("%+v", first)
	}
	record, err := c.PairRecord(t.Context(), simUDID)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SavePairRecord(t.Context(), simUDID, record, first.DeviceID); err != nil {
		t.Fatal(err)
	}
	if e := next(t, w, usbmux.Paired); e.Link != first {
		t.Errorf("%+v", e)
	}
	phone.Detach()
	if e := next(t, w, usbmux.Detached); e.Link != first {
		t.Errorf("%+v", e)
	}
	phone.Attach()
	second := next(t, w, usbmux.Attached).Link
	if second.DeviceID == first.DeviceID {
		t.Errorf("%+v again", second)
	}
	sim.Play(simulator.MuxRestart{Down: 200 * time.Millisecond})
	if e := next(t, w, usbmux.ServiceDown); !isCauseOf(e.Err, cause.MuxServiceStopped) {
		t.Errorf("%v", e.Err)
	}
	next(t, w, usbmux.ServiceUp)
	if _, _, err := c.Devices(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestHungService waits the whole 5 s that a request may take.
func TestHungService(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	sim, c := simulated(t, simulator.PhoneSpec{})
	hang := sim.Play(simulator.MuxHang{})[0]
	start := time.Now()
	_, _, err := c.Devices(t.Context())
	if d := time.Since(start); !isCauseOf(err, cause.MuxNotAnswering) || d < 4*time.Second || d > 7*time.Second {
		t.Errorf("%v after %v", err, d)
	}
	hang.Cancel()
}
