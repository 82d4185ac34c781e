package store

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"homeport/backup"
	"homeport/cause"
)

// On a real full disk, with a little more room at each try: a run ends with its
// cause or is whole, the older version stays, and the next run with room succeeds.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m,mode=0700"); err != nil {
		t.Skipf("mount tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	s, err := Open(dir, Options{})
	must(t, err)
	defer s.Close()
	before, after := numbered(10, "a"), numbered(10, "b")
	v1 := backUp(t, s, udidA, before)
	full, good, step := 0, 0, 1
	if testing.Short() || raceDetector {
		step = 2
	}
	for _, late := range []bool{false, true} {
		for room := 0; room < 24; room += step {
			ballast := filepath.Join(dir, "ballast")
			fillUp := func() { leave(t, ballast, dir, room) }
			if runOnFullDisk(t, s, after, late, fillUp) {
				good++
			} else {
				full++
			}
			must(t, os.Remove(ballast))
			if r := verify(t, s, v1, Full); !r.OK {
				t.Fatalf("late %v, %d pages: %+v", late, room, r.Damage)
			}
		}
	}
	if full < 5 || good < 5 {
		t.Errorf("%d runs met a full disk, %d did not", full, good)
	}
	next := backUp(t, s, udidA, after)
	if r := verify(t, s, next, Full); !r.OK {
		t.Errorf("next run: %+v", r.Damage)
	}
}

// leave writes a file until only so many pages of the volume are free.
func leave(t *testing.T, path, dir string, pages int) {
	t.Helper()
	var st unix.Statfs_t
	must(t, unix.Statfs(dir, &st))
	must(t, os.WriteFile(path, make([]byte, (int64(st.Bavail)-int64(pages))*st.Bsize), 0o600))
}

// runOnFullDisk makes a version, with the disk filled up before Begin or before
// Publish, and says whether it was published.
func runOnFullDisk(t *testing.T, s *Store, c contents, late bool, fillUp func()) bool {
	t.Helper()
	if !late {
		fillUp()
	}
	st, err := s.Begin(t.Context(), udidA)
	if err != nil {
		wantFull(t, err)
		return false
	}
	if !late { // room for the engine, which is not what is tried here
		must(t, os.Truncate(filepath.Join(s.Path(), "ballast"), 0))
	}
	fill(t, st, udidA, c, script{})
	if late {
		fillUp()
	}
	v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	if err != nil {
		wantFull(t, err)
		must(t, st.Discard())
		return false
	}
	if r := verify(t, s, v, Full); !r.OK {
		t.Errorf("published on a full disk: %+v", r.Damage)
	}
	must(t, os.RemoveAll(v.Path)) // so that the next try has the same room
	return true
}

func wantFull(t *testing.T, err error) {
	t.Helper()
	if id, _ := cause.Of(err); id != cause.HostDiskFullDuring {
		t.Errorf("cause %s: %v", id, err)
	}
}
