package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
	"homeport/cause"
)

// errDisk is what a killed process would see: nothing works any more.
var errDisk = errors.New("planned fault")

// everyPoint asks for every point of every story instead of a sample: HOMEPORT_TEST_CRASH=all.
func everyPoint() bool { return os.Getenv("HOMEPORT_TEST_CRASH") == "all" }

// phoneFiles is how many files the phone of the stories has; with every point it is
// a larger one, HOMEPORT_TEST_FILES.
func phoneFiles(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("HOMEPORT_TEST_FILES"); s != "" {
		var n int
		_, err := fmt.Sscan(s, &n)
		must(t, err)
		return n
	}
	if everyPoint() {
		return 24
	}
	return 8
}

// A mode is a way to break one operation of a story, or it and what comes after.
type mode struct {
	name  string
	plan  func(f *tree.Faults, n int)
	errno error    // what the failure comes from; nil for a kill
	cause cause.ID // what is told
	// freed is set when what is left works, so that a failed run leaves nothing.
	freed bool
}

var modes = []mode{
	{"killed", func(f *tree.Faults, n int) { f.FailFrom(n, errDisk) }, nil, "", false},
	{"EIO once", func(f *tree.Faults, n int) { f.FailAt(n, syscall.EIO) }, syscall.EIO, cause.HostIOError, false},
	{"EIO, yet done", func(f *tree.Faults, n int) { f.FailAfter(n, syscall.EIO) }, syscall.EIO, cause.HostIOError, false},
	{"EIO from then on", func(f *tree.Faults, n int) { f.FailFrom(n, syscall.EIO) }, syscall.EIO, cause.HostIOError, false},
	{"ENOSPC once", func(f *tree.Faults, n int) { f.FailAt(n, syscall.ENOSPC) }, syscall.ENOSPC, cause.HostDiskFullDuring, false},
	{"ENOSPC from then on", func(f *tree.Faults, n int) { f.FailFromOnly(n, syscall.ENOSPC, tree.NeedRoom) }, syscall.ENOSPC, cause.HostDiskFullDuring, true},
	{"EDQUOT from then on", func(f *tree.Faults, n int) { f.FailFromOnly(n, syscall.EDQUOT, tree.NeedRoom) }, syscall.EDQUOT, cause.HostDiskFullDuring, true},
	{"EROFS from then on", func(f *tree.Faults, n int) { f.FailFromOnly(n, syscall.EROFS, tree.Change) }, syscall.EROFS, cause.DestinationNotWritable, false},
}

// allFaults and allCuts are the sums over all stories of the test binary, for a suite
// to print.
var allFaults, allCuts struct{ points, broken atomic.Int64 }

// suiteFigures says what was broken and what came of it, in two lines.
func suiteFigures() string {
	return fmt.Sprintf("faults: points tried %d, promises broken %d; power cuts: different disks tried %d, promises broken %d; acknowledged bodies that a phone did not send again %d\n%s",
		allFaults.points.Load(), allFaults.broken.Load(), allCuts.points.Load(), allCuts.broken.Load(), relied.Load(), treetest.Watched())
}

// tally counts what a story was broken with.
type tally struct {
	mu                              sync.Mutex
	points, fired, told, ok, broken int
}

func (s *tally) add(fired, failed, kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.points++
	allFaults.points.Add(1)
	if fired {
		s.fired++
	}
	if failed {
		s.told++
	} else {
		s.ok++
	}
	if !kept {
		s.broken++
		allFaults.broken.Add(1)
	}
}

// At each operation of each story the process is killed, or the disk refuses, once
// or from then on. Whatever happens, the versions that were there are untouched,
// what is listed is whole, the failure is told by its cause, and the next run
// brings a version, with nobody's help.
func TestEveryOperationBreaks(t *testing.T) {
	t.Parallel()
	for _, s := range allStories(phoneFiles(t)) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			breakEach(t, newTemplate(t, s))
		})
	}
}

func breakEach(t *testing.T, x *template) {
	ops := countOps(t, x)
	step := max(1, ops/4)
	switch {
	case everyPoint():
		step = 1
	case testing.Short() || raceDetector:
		step = ops // one point for each mode
	}
	sum := &tally{}
	for i, m := range modes {
		var g errgroup.Group
		g.SetLimit(4) // much of it is waiting
		for n := 1 + i*step/len(modes); n <= ops; n += step {
			g.Go(func() error {
				breakAt(t, x, m, n, sum)
				return nil
			})
		}
		_ = g.Wait()
	}
	t.Logf("%-11s on %s: %d operations, %d modes: points tried %d, fired %d, failures told %d, gone well %d, files of versions compared (inode, time, mode, bytes) %d, promises broken %d",
		x.name, fileSystem(fastDir(t)), ops, len(modes), sum.points, sum.fired, sum.told, sum.ok, x.compared.Load(), sum.broken)
	if sum.fired < sum.points*3/4 {
		t.Errorf("only %d of %d faults happened", sum.fired, sum.points)
	}
}

// countOps tells the story once with nothing broken.
func countOps(t *testing.T, x *template) int {
	t.Helper()
	dir, was := x.copy(t)
	faults := tree.NewFaults(tree.OS{})
	must(t, x.told(t, dir, Options{FS: faults, Host: testHost}))
	for id := range x.may {
		if left, _ := os.ReadDir(filepath.Join(dir, homeName, udidA, versionsName, string(id))); left != nil {
			t.Errorf("%s: version %s is still there", x.name, id)
		}
	}
	after{template: x, dir: dir, was: was, point: "nothing broken", same: true, done: true, next: x.later(t)}.check(t)
	return faults.Ops()
}

func breakAt(t *testing.T, x *template, m mode, n int, sum *tally) {
	dir, was := x.copy(t)
	defer os.RemoveAll(dir) // and not only at the end: there are thousands
	faults := tree.NewFaults(tree.OS{})
	m.plan(faults, n)
	err := x.told(t, dir, Options{FS: faults, Host: testHost})
	point := fmt.Sprintf("%s at %d", m.name, n)
	if log := faults.Log(); n <= len(log) {
		point += " (" + log[n-1] + ")"
	}
	a := after{template: x, dir: dir, was: was, point: point, same: true, done: err == nil, next: x.later(t)}
	if m.errno != nil && faults.Fired() > 0 { // a partial that cannot be read is dropped
		t := *x
		t.resumes, a.template = false, &t
		if t.mirror { // a newest that cannot be read is no base: the one before gives its place
			t.gives = maps.Clone(t.gives)
			maps.Copy(t.gives, t.old)
			t.old = nil
		}
	}
	kept := true
	if err != nil && m.errno != nil {
		kept = a.toldBy(t, m, err) && kept
	}
	if err != nil && m.freed && x.name != "kept" && x.name != "recovery" {
		kept = a.freed(t) && kept
	}
	kept = a.check(t) && kept
	sum.add(faults.Fired() > 0, err != nil, kept)
}

// toldBy wants the error to carry the cause of what the disk said.
func (a after) toldBy(t *testing.T, m mode, err error) bool {
	t.Helper()
	if id, _ := cause.Of(err); id != m.cause || !errors.Is(err, m.errno) {
		a.errorf(t, "told as %s: %v", id, err)
		return false
	}
	return true
}

// freed wants a failed run on a full disk to have given back its room by itself.
func (a after) freed(t *testing.T) bool {
	t.Helper()
	for _, folder := range []string{stagingName, trashName} {
		left, _ := os.ReadDir(filepath.Join(a.dir, homeName, udidA, folder))
		for _, e := range left {
			if _, was := a.was[e.Name()]; !was {
				a.errorf(t, "%s is left in %s", e.Name(), folder)
				return false
			}
		}
	}
	return true
}

// The errno of a fault becomes the cause that a person reads.
func TestFaultsHaveCauses(t *testing.T) {
	t.Parallel()
	for errno, want := range diskErrors {
		faults := tree.NewFaults(tree.OS{})
		s := newStore(t, Options{FS: faults, Host: testHost})
		faults.FailFrom(faults.Ops()+25, errno)
		_, err := s.Begin(t.Context(), udidA)
		if id, _ := cause.Of(err); id != want || faults.Fired() == 0 {
			t.Errorf("%v: cause %s (%v), want %s", errno, id, err, want)
		}
	}
}
