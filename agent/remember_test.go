package agent

import (
	"testing"
	"time"

	"homeport/configs"
)

// TestRemember holds what an agent knows of a phone that is silent: nothing of one
// that was never here, and of another what it told last.
func TestRemember(t *testing.T) {
	t.Parallel()
	const udid = "00008120-000A1B2C3D4E5F60"
	cfg := configs.Config{Destination: t.TempDir()}
	a := New(Options{Config: func() configs.Config { return cfg }})
	if m, known := a.remember(cfg)(t.Context(), udid); known {
		t.Errorf("never here: %+v", m)
	}
	if len(a.phones) != 0 {
		t.Errorf("asking has made %d phones", len(a.phones))
	}
	p := a.phone(udid)
	p.known.IOSVersion, p.unlocked = "18.5", time.Now().Add(-2*time.Hour)
	m, known := a.remember(cfg)(t.Context(), "00008120000a1b2c3d4e5f60")
	if !known || m.IOSVersion != "18.5" || m.Unlocked < 2*time.Hour || m.Unlocked > 3*time.Hour {
		t.Errorf("%+v %v", m, known)
	}
	p.unlocked = time.Now().Add(time.Hour) // the clock was set back
	if m, _ := a.remember(cfg)(t.Context(), udid); m.Unlocked != time.Second {
		t.Errorf("unlocked in the future: %v", m.Unlocked)
	}
}
