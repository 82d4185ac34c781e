package cause

import (
	"errors"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	plain := errors.New("plain")
	if err := Guard(func() error { return plain }); err != plain {
		t.Errorf("got %v", err)
	}
	err := Guard(func() error { panic("a mistake") })
	p, ok := errors.AsType[*Panic](err)
	if !ok || From(err).ID != Unknown || From(err).ExitCode() != ExitUnexpected || !strings.Contains(string(p.Stack), "TestGuard") || strings.Contains(err.Error(), "goroutine") {
		t.Errorf("got %v", err)
	}
}
