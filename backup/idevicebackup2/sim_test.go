package idevicebackup2

import (
	"context"

	"os"
	"testing"

	"homeport/backup"
	"homeport/simulator"
	"homeport/usbmux"
	"homeport/usbmux/lockdown"
)

const testUDID = "00008110-000A1B2C3D4E5F60"

// stack is a simulated phone, our own way to it, and an engine with the installed
// tool.
type stack struct {
	sim    *simulator.Simulator
	device *simulator.Phone
	phone  *lockdown.Phone
	engine *Engine
}

func newStack(t testing.TB, spec simulator.PhoneSpec, opts Options) *stack {
	t.Helper()
	installed(t)
	spec.UDID, spec.Trust.Mode = testUDID, simulator.TrustPaired
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{spec}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	opts.Mux = sim.Addr()
	s := &stack{sim: sim, device: sim.Phone(testUDID), engine: New(opts)}
	s.plug(t)
	return s
}

// installed finds the tool, or skips; where CI runs it is there.
func installed(t testing.TB) Tool {
	t.Helper()
	tool, err := Find(t.Context(), "")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return tool
}

// plug finds the phone again after it was attached.
func (s *stack) plug(t testing.TB) {
	t.Helper()
	addr, err := usbmux.ParseAddress(s.sim.Addr())
	if err != nil {
		t.Fatal(err)
	}
	client := usbmux.NewClient(addr)
	links, _, err := client.Devices(t.Context())
	if err != nil || len(links) != 1 {
		t.Fatalf("%d links, %v", len(links), err)
	}
	s.phone = lockdown.New(client, links[0])
	t.Cleanup(func() { s.phone.Close() })
}

func (s *stack) job(dir string) backup.Job {
	return backup.Job{
		UDID: testUDID, Dir: dir, Phone: s.phone,
		Free: func(context.Context) (int64, error) { return 50 << 30, nil },
	}
}
