package main

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"homeport/agent"
)

// TestMemoryIsGivenBack once after a run, however much is told of it.
func TestMemoryIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Int64 // timers call it, each from a goroutine of its own
		m := newTidy(func() { given.Add(1) })
		time.Sleep(time.Hour)
		for _, kind := range []agent.Kind{agent.Plugged, agent.Progress, agent.Finished, agent.Skipped, agent.Unplugged} {
			m.hear(agent.Event{Kind: kind})
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := given.Load(); n != 2 { // after the start, and after the run
			t.Errorf("given back %d times", n)
		}
		m.close()
	})
}
