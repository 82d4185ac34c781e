package preflight

import (
	"context"
	"testing"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// came is a phone that has been on the bus for a while, at whose computer a port is
// in trouble.
func came(ago time.Duration, kind usbmux.PortKind, port string) func(*situation) {
	return func(s *situation) {
		s.at.USB.OnBus = ago
		s.at.Ports = func(context.Context) ([]usbmux.PortTrouble, error) {
			return []usbmux.PortTrouble{{Port: port, Kind: kind, Times: 4}}, nil
		}
	}
}

// TestTimes holds what is said of the time that a slow link costs.
func TestTimes(t *testing.T) {
	t.Parallel()
	const plain = "this iPhone can do 10 Gbit/s, but the cable or port runs at 480 Mbit/s; a backup takes longer than it must"
	about := func(takes, could string) string {
		return "the next backup takes about " + takes + " instead of " + could + ", because the cable or port runs at only 480 Mbit/s"
	}
	for name, tt := range map[string]struct {
		spoil func(*situation)
		want  string
	}{
		"a first backup":            {func(*situation) {}, about("13 min", "3 min")},
		"much was new last time":    {func(s *situation) { s.at.Newest = &Version{NewBytes: 57 * gb} }, about("25 min", "5 min")},
		"a huge phone":              {func(s *situation) { s.at.Newest = &Version{NewBytes: 900 * gb} }, about("7 h", "1 h 15 min")},
		"little was new last time":  {func(s *situation) { s.at.Newest = &Version{NewBytes: gb} }, plain},
		"nothing was new last time": {func(s *situation) { s.at.Newest = &Version{} }, plain},
		"not trusted yet":           {func(s *situation) { s.phone.trust = caused(cause.NotTrusted) }, plain},
		"its storage is not told":   {set(diskDomain, "TotalDataCapacity", nil), plain},
	} {
		s := allWell(t)
		s.phone.basics.ProductType = "iPhone18,1"
		tt.spoil(s)
		r, _ := s.run(t)
		if f, _ := r.ByCheck("link-speed"); f.Sentence() != tt.want {
			t.Errorf("%s: %q", name, f.Sentence())
		}
	}
}
