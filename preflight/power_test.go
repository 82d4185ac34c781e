package preflight

import (
	"context"
	"errors"
	"testing"

	"homeport/cause"
)

func TestPower(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		battery Battery
		err     error
		want    string
	}{
		"a desktop":               {Battery{}, nil, ""},
		"low":                     {Battery{Present: true, Percent: 19}, nil, "power=warn:host-battery-low"},
		"just enough":             {Battery{Present: true, Percent: 20}, nil, ""},
		"low, at a socket":        {Battery{Present: true, Percent: 3, External: true}, nil, ""},
		"nonsense":                {Battery{Present: true, Percent: -3}, nil, ""},
		"a system that tells not": {Battery{Present: true, Percent: 3}, errors.ErrUnsupported, ""},
	} {
		s := allWell(t)
		s.host.Computer.Battery = func(context.Context) (Battery, error) { return tt.battery, tt.err }
		r, got := s.run(t)
		if got != tt.want || r.ExitCode() != 0 {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
		if f, _ := r.ByCheck("power"); got != "" && f.Evidence["percent"] != 19 {
			t.Errorf("%s: evidence %v", name, f.Evidence)
		}
	}
}

func TestNameCulprits(t *testing.T) {
	t.Parallel()
	asked := 0
	list := func(context.Context) ([]Program, error) {
		asked++
		return []Program{{"shotwell", HoldsUSB}, {"iTunes", HoldsPhone | HoldsFiles}}, nil
	}
	given := cause.Evidence{"path": "/b"}
	checks := []Check{
		says("a", told(Fail, cause.SyncLockHeld, nil)),
		says("b", told(Fail, cause.USBClaimedByOtherProgram, given), "x"),
		says("c", told(Fail, cause.FileLocked, cause.Evidence{"program": "fsck"})),
		says("d", told(Fail, cause.DeviceLocked, nil)),
		says("e", told(Warn, cause.DestinationForeign, nil)),
	}
	r := Run(t.Context(), NameCulprits(checks, list))
	for name, want := range map[string]any{"a": "iTunes", "b": "shotwell", "c": "fsck", "d": nil, "e": "iTunes"} {
		if f, _ := r.ByCheck(name); f.Evidence["program"] != want {
			t.Errorf("%s: got %v, want %v", name, f.Evidence["program"], want)
		}
	}
	if asked != 1 || len(given) != 1 {
		t.Errorf("asked %d times; the finding's own evidence is now %v", asked, given)
	}
	if f, _ := r.ByCheck("a"); f.Sentence() != "another program, probably iTunes, is working with the iPhone" {
		t.Error(f.Sentence())
	}
	Run(t.Context(), NameCulprits([]Check{says("d", told(Fail, cause.DeviceLocked, nil))}, list))
	if asked != 1 {
		t.Error("the programs were listed for nothing")
	}
	broken := func(context.Context) ([]Program, error) { return nil, errors.New("no") }
	for _, f := range []func(context.Context) ([]Program, error){nil, broken} {
		if r := Run(t.Context(), NameCulprits(checks[:1], f)); r.Findings[0].Cause != cause.SyncLockHeld || r.Findings[0].Evidence["program"] != nil {
			t.Errorf("got %+v", r.Findings[0])
		}
	}
}
