package agent

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// restoreCuts is how many cuts a run of TestRestoreCuts makes; HOMEPORT_CUTS sets
// another number.
const restoreCuts = 20

// restoreLane is two phones, of which one takes the other's version, again and
// again.
type restoreLane struct {
	*world
	ben   *simulator.Phone
	sum   *tally
	dir   string
	print map[string]print
	bytes map[simulator.Channel]int64 // of a restore without faults
}

func newRestoreLane(t *testing.T, sum *tally) *restoreLane {
	w := family(t, func(anna, _ *simulator.PhoneSpec) { anna.Files, anna.Bytes = 300, 2<<20 })
	l := &restoreLane{world: w, ben: w.sim.Phone(udidBen), sum: sum, bytes: map[simulator.Channel]int64{}}
	l.dir = w.versions(t, udidAnna)[0].Path
	l.print = fingerprint(t, l.dir)
	before := l.traffic()
	if o := w.restore(t, udidBen, nil); o.Err != nil {
		t.Fatal(o.Err)
	}
	for c, n := range l.traffic() {
		l.bytes[c] = n - before[c]
	}
	return l
}

func (l *restoreLane) traffic() map[simulator.Channel]int64 {
	m := map[simulator.Channel]int64{}
	for _, share := range shares {
		m[share.channel] = l.ben.Traffic(share.channel).Total()
	}
	return m
}

// TestRestoreCuts cuts the link at points all over the bytes of a restore, on every
// channel. Each time the end must be told soon and honestly, the version must be
// what it was, and the next restore must succeed.
func TestRestoreCuts(t *testing.T) {
	t.Parallel()
	sum := playCuts(t, restoreCuts, 8, func(t *testing.T, sum *tally) func(*testing.T, cut) { return newRestoreLane(t, sum).play })
	if sum.fired < sum.points*3/4 {
		t.Errorf("only %d of %d cuts happened", sum.fired, sum.points)
	}
}

// play makes one cut, and the restore after it.
func (l *restoreLane) play(t *testing.T, c cut) {
	at := l.bytes[c.channel] * int64(2*c.nth+1) / int64(2*c.of)
	name := fmt.Sprintf("%s on %s at %d of %d bytes", c.kind, c.channel, at, l.bytes[c.channel])
	fault := l.ben.Play(simulator.CutAfter{Channel: c.channel, Bytes: at, Kind: c.kind})[0]
	var fired time.Time
	var wait sync.WaitGroup
	over := make(chan struct{})
	wait.Go(func() {
		select {
		case <-fault.Done():
			fired = time.Now()
		case <-over:
		}
	})
	o := l.restore(t, udidBen, nil)
	returned := time.Now()
	happened := fault.Fired()
	fault.Cancel()
	if !happened {
		close(over)
	}
	wait.Wait()
	l.judge(t, name, c, o, happened, returned.Sub(fired))
	if !maps.Equal(l.print, fingerprint(t, l.dir)) {
		t.Errorf("%s: the version is not what it was", name)
	}
	if v := l.versions(t, udidAnna)[0]; v.Pinned || !v.Sound() {
		t.Errorf("%s: %+v", name, v)
	}
	l.ben.Attach()
	if o := l.restore(t, udidBen, nil); o.Err != nil || !l.ben.RestoredOK() {
		t.Errorf("the restore after %s: %v", name, o.Err)
	}
}

func (l *restoreLane) judge(t *testing.T, name string, c cut, o RestoreOutcome, happened bool, took time.Duration) {
	l.sum.mu.Lock()
	defer l.sum.mu.Unlock()
	l.sum.points++
	if !happened {
		if o.Err != nil {
			t.Errorf("%s: not cut, and yet: %v", name, o.Err)
		}
		return
	}
	l.sum.fired++
	if o.Err == nil {
		l.sum.whole++
		if o.Done == nil || !l.ben.RestoredOK() {
			t.Errorf("%s: told as a success, but the phone never finished", name)
		}
		return
	}
	id, _ := cause.Of(o.Err)
	l.sum.causes[fmt.Sprintf("%s, %s: %s", c.channel, c.kind, id)]++
	why := id
	if reason, ok := cause.From(o.Err).Evidence["reason"].(string); ok && id == cause.RestoreInterrupted {
		why = cause.ID(reason)
	}
	if !slices.Contains(honest(c.kind), why) || (id == cause.RestoreInterrupted) != o.Begun {
		t.Errorf("%s: begun %t: %v", name, o.Begun, o.Err)
	}
	l.sum.recovered++
	l.sum.slowest = max(l.sum.slowest, took)
	if took > toldLimit {
		t.Errorf("%s: told after %v", name, took)
	}
}
