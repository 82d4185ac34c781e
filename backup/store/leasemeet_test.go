package store

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup/tree"
	"homeport/cause"
)

// How two computers met, counted.
type meetings struct {
	points, lost, busy, serial, two, versions atomic.Int64
}

// slowly is a computer that renews seldom, so that it is stale to others whenever they
// look, and yet decides itself.
func slowly(fs tree.FS) func(*Options) {
	return func(o *Options) { o.FS, o.leaseEvery, o.leaseStale = fs, 5*time.Minute, leaseStale }
}

// points picks which operations are tried: about so many, or all.
func points(from, to, many int) []int {
	step := max(1, (to-from)/many)
	switch {
	case everyPoint():
		step = 1
	case testing.Short() || raceDetector:
		step = max(1, (to-from)/4)
	}
	var list []int
	for n := from; n <= to; n += step {
		list = append(list, n)
	}
	if list[len(list)-1] != to {
		list = append(list, to)
	}
	return list
}

// wholeRun makes a version, and tells why not.
func wholeRun(t *testing.T, s *Store, c contents) (Version, error) {
	t.Helper()
	st, err := s.Begin(t.Context(), udidA)
	if err != nil {
		return Version{}, err
	}
	defer func() { _ = st.Discard() }()
	if err := engine(t, st, c, 0); err != nil {
		if lost := st.Lost(); lost != nil {
			err = lost
		}
		return Version{}, err
	}
	return st.Publish(t.Context(), arrived)
}

// At each operation of a whole run another computer comes, finds the lease standing
// still, takes over and makes a version of its own. The two never publish but one after
// the other, what the second made stays what it was, and every version is whole.
func TestTakenOverAtEachOperation(t *testing.T) {
	t.Parallel()
	x := newTemplate(t, stories(8)[1])
	ops, sum := 0, &meetings{}
	synctest.Test(t, func(t *testing.T) {
		dir, _ := x.copy(t)
		faults := tree.NewFaults(tree.OS{})
		_, err := wholeRun(t, computer(t, dir, "slow", slowly(faults)), stateB(8))
		must(t, err)
		ops = faults.Ops()
	})
	for _, n := range points(1, ops, 25) {
		synctest.Test(t, func(t *testing.T) { meetAt(t, x, n, sum) })
	}
	t.Logf("on %s: %d operations, points tried %d: the first one told lease-lost %d, already-running %d, published before or after the other %d; versions checked %d, two publishers %d",
		fileSystem(fastDir(t)), ops, sum.points.Load(), sum.lost.Load(), sum.busy.Load(), sum.serial.Load(), sum.versions.Load(), sum.two.Load())
	if sum.lost.Load() < sum.points.Load()/2 {
		t.Error("few met")
	}
}

func meetAt(t *testing.T, x *template, n int, sum *meetings) {
	dir, _ := x.copy(t)
	defer os.RemoveAll(dir)
	faults := tree.NewFaults(tree.OS{})
	a := computer(t, dir, "slow", slowly(faults))
	var v Version
	var was map[string]string
	before := 0 // versions that the other one found
	faults.At(n, func() {
		b := computer(t, dir, "mini", nil)
		vs, err := b.Versions(t.Context(), udidA)
		must(t, err)
		before = len(vs)
		v, err = wholeRun(t, b, stateC(8))
		if err != nil {
			t.Errorf("at %d (%s): the one that came: %v", n, faults.Log()[n-1], err)
			return
		}
		was = snapshot(t, v.Path)
	})
	mine, err := wholeRun(t, a, stateB(8))
	if v.ID == "" {
		return // it came to its end in fewer operations
	}
	at := "at the end"
	if log := faults.Log(); n <= len(log) {
		at = log[n-1]
	}
	sum.points.Add(1)
	switch {
	case is(err, cause.LeaseLost):
		sum.lost.Add(1)
	case is(err, cause.AlreadyRunning):
		sum.busy.Add(1)
	case err != nil:
		t.Errorf("at %d (%s): %v", n, at, err)
	case before == 2 || mine.ID.Generation() > v.ID.Generation():
		sum.serial.Add(1) // all of it before, or after, the other's
	default:
		sum.two.Add(1)
		t.Errorf("at %d (%s): two publishers", n, at)
	}
	for path, text := range snapshot(t, v.Path) {
		if was[path] != text {
			t.Errorf("at %d (%s): %s is %q, was %q", n, at, path, text, was[path])
		}
	}
	s := computer(t, dir, "mini", nil)
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	for _, v := range vs {
		sum.versions.Add(1)
		if r := verify(t, s, v, Full); !r.OK {
			t.Errorf("at %d (%s): version %s: %v", n, at, v.ID, r.Damage)
		}
	}
	leavesNothing(t, s)
}

// Two computers take one stale lease: at each operation of the one the other does all
// that it has to. One of them has it in the end.
func TestTwoTakers(t *testing.T) {
	t.Parallel()
	x := newTemplate(t, stories(8)[1])
	ops, sum := 0, &meetings{}
	synctest.Test(t, func(t *testing.T) {
		dir, _ := x.copy(t)
		begin(t, computer(t, dir, "gone", stopped), udidA)
		faults := tree.NewFaults(tree.OS{})
		st := begin(t, computer(t, dir, "slow", slowly(faults)), udidA)
		ops = faults.Ops()
		must(t, st.Discard())
	})
	for _, n := range points(1, ops, 25) {
		synctest.Test(t, func(t *testing.T) {
			dir, _ := x.copy(t)
			defer os.RemoveAll(dir)
			gone := begin(t, computer(t, dir, "gone", stopped), udidA)
			faults := tree.NewFaults(tree.OS{})
			var second *Stage
			var berr error
			faults.At(n, func() { second, berr = computer(t, dir, "mini", nil).Begin(t.Context(), udidA) })
			first, err := computer(t, dir, "slow", slowly(faults)).Begin(t.Context(), udidA)
			faults.At(n, nil)
			have := 0
			for _, st := range []*Stage{first, second} {
				if st != nil && st.Lost() == nil {
					have++
				}
			}
			at := faults.Log()[min(n, len(faults.Log()))-1]
			if have != 1 || gone.Lost() == nil {
				t.Errorf("at %d (%s): %d have the lease; %v, %v", n, at, have, err, berr)
			}
			for _, err := range []error{err, berr} {
				if err != nil && !is(err, cause.AlreadyRunning) && !is(err, cause.LeaseLost) {
					t.Errorf("at %d (%s): %v", n, at, err)
				}
			}
			sum.points.Add(1)
			for _, st := range []*Stage{first, second, gone} {
				if st == nil {
					continue
				}
				if err := st.Discard(); err != nil {
					t.Errorf("at %d (%s): %v", n, at, err)
				}
			}
			leavesNothing(t, computer(t, dir, "mini", nil))
		})
	}
	t.Logf("on %s: %d operations, points tried %d, one had the lease in each", fileSystem(fastDir(t)), ops, sum.points.Load())
}

// At each operation of taking over the process is killed, or the disk refuses. The
// next computer makes its version, and the old ones are what they were.
func TestTakeOverBreaks(t *testing.T) {
	t.Parallel()
	x := newTemplate(t, stories(8)[1])
	leave := func(t *testing.T) string {
		dir, _ := x.copy(t)
		gone := begin(t, computer(t, dir, "gone", stopped), udidA)
		if err := engine(t, gone, stateB(8), 3); err != nil {
			t.Error(err)
		}
		return dir
	}
	ops, sum := 0, &tally{}
	synctest.Test(t, func(t *testing.T) {
		faults := tree.NewFaults(tree.OS{})
		mini := computer(t, leave(t), "mini", func(o *Options) { o.FS = faults })
		opened := faults.Ops()
		st := begin(t, mini, udidA)
		ops = faults.Ops() - opened
		must(t, st.Discard())
	})
	for _, m := range []mode{modes[0], modes[1], modes[2], modes[4]} {
		for _, n := range points(1, ops, 12) {
			synctest.Test(t, func(t *testing.T) {
				kept := !t.Failed()
				dir := leave(t)
				defer os.RemoveAll(dir)
				old := filepath.Join(dir, homeName, udidA, versionsName)
				was := snapshot(t, old)
				faults := tree.NewFaults(tree.OS{})
				mini := computer(t, dir, "mini", func(o *Options) { o.FS = faults })
				m.plan(faults, faults.Ops()+n)
				if st, err := mini.Begin(t.Context(), udidA); err == nil {
					_ = st.Discard() // may meet the fault
				}
				next := computer(t, dir, "third", nil)
				v, err := wholeRun(t, next, stateC(8))
				if err != nil || !verify(t, next, v, Full).OK {
					t.Errorf("%s at %d: %v", m.name, n, err)
				}
				for path, text := range was {
					if now := snapshot(t, old)[path]; now != text {
						t.Errorf("%s at %d: %s is %q, was %q", m.name, n, path, now, text)
					}
				}
				sum.add(faults.Fired() > 0, err != nil, kept == !t.Failed())
			})
		}
	}
	t.Logf("on %s: %d operations, points tried %d, fired %d, promises broken %d", fileSystem(fastDir(t)), ops, sum.points, sum.fired, sum.broken)
}
