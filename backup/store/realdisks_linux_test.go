package store

import (
	"os"
	"sync/atomic"
	"testing"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
)

// Every story goes well on real file systems of other kinds, by the way of cloning
// that each has, and so it does when each operation of it is killed.
func TestStoriesOnRealDisks(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		size int64
		way  tree.Strategy
	}{"ext4": {64 << 20, tree.HardLink}, "xfs": {320 << 20, tree.Reflink}, "btrfs": {160 << 20, tree.Reflink}, "tmpfs": {64 << 20, tree.HardLink}, "exfat": {64 << 20, tree.FullCopy}} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if kind == "exfat" && (testing.Short() || raceDetector) {
				t.Skip("slow; the short tests have exFAT in memory")
			}
			m := treetest.NewMount(t, kind, c.size, "")
			sum := &tally{}
			for i, s := range stories(8) {
				if kind == "exfat" && s.name == "recovery" { // begins with a link
					continue
				}
				if testing.Short() || raceDetector { // one story goes well, the next is killed
					onRealDisk(t, m, s, i%2*150, sum, kind == "exfat")
					continue
				}
				for n := 0; onRealDisk(t, m, s, n, sum, kind == "exfat"); n += killStep(s) {
				}
			}
			wayOn(t, m.Dir, c.way)
			t.Logf("on %s, by %s: stories told and killed %d times, promises broken %d", kind, c.way, sum.points, sum.broken)
		})
	}
}

// killStep is how many operations apart the kills are; each of them waits for a real
// disk.
func killStep(s story) int {
	switch {
	case everyPoint():
		return 7
	}
	return 300 + len(s.name)
}

// onRealDisk tells a story in a new folder of a disk, killed at operation n; 0 is
// not at all. It reports whether the story has operations beyond n.
func onRealDisk(t *testing.T, m *treetest.Mount, s story, n int, sum *tally, bare bool) bool {
	t.Helper()
	dir, err := os.MkdirTemp(m.Dir, "store")
	must(t, err)
	defer os.RemoveAll(dir)
	x := &template{story: s, promise: s.prepare(t, dir), compared: new(atomic.Int64)}
	a := after{template: x, dir: dir, was: x.versions(t, dir, !bare), same: !bare, bare: bare, next: stateC(8), point: m.Dir}
	faults := tree.NewFaults(tree.OS{})
	if n > 0 {
		faults.FailFrom(n, errDisk)
	}
	err = x.told(t, dir, Options{FS: faults})
	if n == 0 && err != nil {
		a.errorf(t, "%v", err)
	}
	a.done = err == nil
	kept := a.check(t)
	sum.add(faults.Fired() > 0, err != nil, kept)
	return n == 0 || faults.Fired() > 0
}

// wayOn wants the disk to be used in the best way that it has.
func wayOn(t *testing.T, dir string, want tree.Strategy) {
	t.Helper()
	d, err := tree.OS{}.OpenDir(dir)
	must(t, err)
	defer d.Close()
	if way, err := probeClone(d); err != nil || way != want {
		t.Errorf("cloned by %s, want %s (%v)", way, want, err)
	}
}

// A drive that was away in the meantime may have lost what was not synced, though
// the computer never stopped.
func TestDriveThatWasAway(t *testing.T) {
	t.Parallel()
	m := treetest.NewMount(t, "ext4", 32<<20, "")
	s, err := Open(m.Dir, Options{})
	must(t, err)
	boot := bootID(m.Dir)
	if boot != bootID(m.Dir) {
		t.Fatal("one mount has two names")
	}
	st, err := s.Begin(t.Context(), udidA)
	must(t, err)
	must(t, engine(t, st, numbered(5, "a"), 2))
	st.end() // as the kernel does when the process is killed
	must(t, s.Close())
	must(t, m.Pull())
	must(t, m.Return())
	if boot != "" && boot == bootID(m.Dir) {
		t.Error("another mount has the same name")
	}
	s, err = Open(m.Dir, Options{})
	must(t, err)
	defer s.Close()
	st, err = s.Begin(t.Context(), udidA)
	must(t, err)
	if st.Info().Resumes != 0 {
		t.Error("what a drive that was away still has is gone on with")
	}
	must(t, st.Discard())
}
