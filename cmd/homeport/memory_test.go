package main

import (
	"testing"
	"testing/synctest"
	"time"

	"homeport/agent"
)

// TestMemoryIsGivenBack once after a run, however much is told of it.
func TestMemoryIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		given := 0
		m := newTidy(func() { given++ })
		time.Sleep(time.Hour)
		for _, kind := range []agent.Kind{agent.Plugged, agent.Progress, agent.Finished, agent.Skipped, agent.Unplugged} {
			m.hear(agent.Event{Kind: kind})
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if given != 2 { // after the start, and after the run
			t.Errorf("given back %d times", given)
		}
		m.close()
	})
}
