package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
)

// On drives that clone files by reflink, what is said to go free is what the drive
// has free afterwards, and no more is counted than the versions have.
func TestFreedOnReflinks(t *testing.T) {
	t.Parallel()
	m := treetest.NewMount(t, "xfs", 320<<20, "")
	s, err := Open(m.Dir, Options{})
	must(t, err)
	defer s.Close()
	c := contents{}
	for i := range 20 {
		c[fmt.Sprintf("Media/IMG_%04d.JPG", i)] = strings.Repeat(fmt.Sprint(i), 500_000)
	}
	for i := range 3 {
		c = c.with("Media/IMG_0003.JPG", strings.Repeat(string(rune('a'+i)), 3_000_000))
		v := backUp(t, s, udidA, c)
		if r, err := readRecordAt(t, s, v); err != nil || i > 0 && r.Strategy != tree.Reflink.String() {
			t.Fatalf("cloned by %q, %v", r.Strategy, err)
		}
	}
	before := settled(t, s)
	done, err := s.Prune(t.Context(), udidA, Policy{Last: 1})
	must(t, err)
	var freed int64
	for _, d := range done {
		freed += d.Freed
	}
	if freed < 6_000_000 || freed > 7_000_000 {
		t.Errorf("said to be freed: %d bytes\n%s", freed, table(done))
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		got := settled(t, s) - before // the drive frees in the background
		if got > freed-1_000_000 && got < freed+4_000_000 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes went free, %d were said to", got, freed)
		}
	}
}

func readRecordAt(t *testing.T, s *Store, v Version) (record, error) {
	t.Helper()
	p, err := s.openPhone(v.UDID)
	must(t, err)
	defer p.close()
	d, err := openPath(p.dir, versionsName, string(v.ID))
	must(t, err)
	defer d.Close()
	return readRecord(d, v.ID)
}

// settled is what is free once all is written.
func settled(t *testing.T, s *Store) int64 {
	t.Helper()
	must(t, s.dest.SyncVolume())
	n, err := s.dest.Free()
	must(t, err)
	return n
}
