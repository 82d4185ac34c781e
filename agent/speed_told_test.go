package agent

import (
	"testing"
	"time"

	"homeport/backup"
)

// TestSpeedTold holds that the few bytes with which both sides keep in touch are no speed.
func TestSpeedTold(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	for name, c := range map[string]struct {
		phase backup.Phase
		bytes int64
		told  bool
	}{
		"before files come": {backup.PhaseWaiting, 3_000_000, false},
		"at the prompt":     {backup.PhasePasscode, 3_000_000, false},
		"a few bytes":       {backup.PhaseReceiving, 397, false},
		"files":             {backup.PhaseReceiving, 3_000_000, true},
	} {
		r := &run{phase: c.phase}
		r.meter.add(begun, 0, 0)
		r.meter.add(begun.Add(time.Second), c.bytes, 0)
		if got := r.speed(); got > 0 != c.told {
			t.Errorf("%s: %v bytes/s", name, got)
		}
	}
}
