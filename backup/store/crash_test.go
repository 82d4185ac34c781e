package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
)

// errDisk is what the planned faults answer.
var errDisk = errors.New("planned fault")

// sweep runs one story for each operation of the store that can fail, N = 1, 2, 3
// … until a run ends without the fault having fired.
func sweep(t *testing.T, story func(t *testing.T, n int) (fired bool)) {
	t.Helper()
	step := 1
	if testing.Short() || raceDetector {
		step = 7 // still each lane begins elsewhere
	}
	var g errgroup.Group
	points := 0
	for lane := range 4 { // the story waits for the disk most of the time
		g.Go(func() error {
			for n := 1 + lane*step; n < 5000; n += 4 * step {
				if !story(t, n) {
					if lane == 0 {
						points = n
					}
					return nil
				}
			}
			return errors.New("no end of operations")
		})
	}
	must(t, g.Wait())
	if points < 50 {
		t.Errorf("only %d operations: the faults do not reach the store", points)
	}
	t.Logf("about %d operations", points)
}

// At each operation of a run the machine stops. Afterwards the older version is
// whole and unchanged, the new one is there and whole or not there, and the next
// run succeeds.
func TestCrashAtEachOperation(t *testing.T) {
	t.Parallel()
	before, after := numbered(12, "a"), numbered(12, "a").with("Media/IMG_0002.JPG", "changed")
	sweep(t, func(t *testing.T, n int) bool {
		dir := fastDir(t)
		s, err := Open(dir, Options{})
		must(t, err)
		defer s.Close()
		v1 := backUp(t, s, udidA, before)
		was := snapshot(t, v1.Path)

		faults := tree.NewFaults(tree.OS{})
		faults.FailFrom(n, errDisk)
		published := run(t, dir, faults, after)

		must(t, s.Recover(t.Context()))
		checkAfterCrash(t, s, n, v1, published)
		if diff := cmp.Diff(was, snapshot(t, v1.Path)); diff != "" {
			t.Errorf("operation %d: the older version changed: %s", n, diff)
		}
		v3 := backUp(t, s, udidA, after)
		if r := verify(t, s, v3, Full); !r.OK {
			t.Errorf("operation %d: next run: %+v", n, r.Damage)
		}
		must(t, os.RemoveAll(dir)) // and not only at the end: there are hundreds
		return faults.Fired() > 0
	})
}

// run makes one version over a file system with faults, and discards it when
// something fails, as the agent does. It says whether Publish succeeded.
func run(t *testing.T, dir string, under tree.FS, c contents) bool {
	t.Helper()
	s, err := Open(dir, Options{FS: under})
	if err != nil {
		return false
	}
	defer s.Close()
	st, err := s.Begin(context.Background(), udidA)
	if err != nil {
		return false
	}
	fill(t, st, udidA, c, script{})
	_, err = st.Publish(context.Background(), backup.Result{Proof: backup.ProofReceived})
	_ = st.Discard()
	return err == nil
}

func checkAfterCrash(t *testing.T, s *Store, n int, v1 Version, published bool) {
	t.Helper()
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(vs) == 0 || vs[len(vs)-1].ID != v1.ID || len(vs) > 2 || published && len(vs) != 2 {
		t.Errorf("operation %d: versions %+v, published %v", n, vs, published)
	}
	for _, v := range vs {
		if r := verify(t, s, v, Full); !r.OK || !v.Sound() {
			t.Errorf("operation %d: %s: %+v %s", n, v.ID, r.Damage, v.Damage)
		}
	}
	trash, err := os.ReadDir(filepath.Join(s.Path(), homeName, udidA, trashName))
	must(t, err)
	if len(trash) > 0 {
		t.Errorf("operation %d: trash holds %v", n, trash)
	}
	if len(vs) == 0 {
		return
	}
	to, err := filepath.EvalSymlinks(filepath.Join(s.Path(), udidA))
	want, _ := filepath.EvalSymlinks(filepath.Join(vs[0].Path, udidA))
	if err != nil || to != want {
		t.Errorf("operation %d: link leads to %s (%v), want %s", n, to, err, want)
	}
}

// At each operation one call fails and the rest works. The run ends with an
// error, or the version is whole: nothing fails in silence.
func TestErrorAtEachOperation(t *testing.T) {
	t.Parallel()
	before, after := numbered(12, "a"), numbered(12, "a").with("Media/IMG_0002.JPG", "changed")
	sweep(t, func(t *testing.T, n int) bool {
		dir := fastDir(t)
		s, err := Open(dir, Options{})
		must(t, err)
		defer s.Close()
		v1 := backUp(t, s, udidA, before)
		faults := tree.NewFaults(tree.OS{})
		faults.FailAt(n, errDisk)
		published := run(t, dir, faults, after)
		must(t, s.Recover(t.Context()))
		checkAfterCrash(t, s, n, v1, published)
		must(t, os.RemoveAll(dir)) // and not only at the end: there are hundreds
		return faults.Fired() > 0
	})
}

// Recovery that is itself cut short at each operation is made good by the next.
func TestCrashInRecovery(t *testing.T) {
	t.Parallel()
	sweep(t, func(t *testing.T, n int) bool {
		dir := fastDir(t)
		s, err := Open(dir, Options{})
		must(t, err)
		defer s.Close()
		v1 := backUp(t, s, udidA, numbered(5, "a"))
		st := begin(t, s, udidA)
		fill(t, st, udidA, numbered(5, "b"), script{stopAfter: 3})
		must(t, st.Keep())
		// An old partial beside the new one, trash, a link that leads nowhere.
		home := filepath.Join(dir, homeName, udidA)
		must(t, os.MkdirAll(filepath.Join(home, stagingName, "20200101T000000Z-0001", "x"), 0o700))
		must(t, os.MkdirAll(filepath.Join(home, trashName, "20200101T000000Z-0000", "y"), 0o700))
		must(t, os.Remove(filepath.Join(dir, udidA)))
		must(t, os.Symlink(homeName+"/nowhere", filepath.Join(dir, udidA)))

		faults := tree.NewFaults(tree.OS{})
		faults.FailFrom(n, errDisk)
		if f, err := Open(dir, Options{FS: faults}); err == nil {
			_ = f.Recover(context.Background())
			f.Close()
		}
		must(t, s.Recover(t.Context()))
		checkAfterCrash(t, s, n, v1, false)
		resumed := begin(t, s, udidA)
		if resumed.Info().Resumes != 1 {
			t.Errorf("operation %d: the partial is lost", n)
		}
		must(t, resumed.Discard())
		must(t, os.RemoveAll(dir)) // and not only at the end: there are hundreds
		return faults.Fired() > 0
	})
}

// Prune that is cut short at each operation removes only what it may, whole.
func TestCrashInPrune(t *testing.T) {
	t.Parallel()
	sweep(t, func(t *testing.T, n int) bool {
		dir := fastDir(t)
		s, err := Open(dir, Options{})
		must(t, err)
		defer s.Close()
		var made []Version
		for range 3 {
			made = append(made, backUp(t, s, udidA, numbered(4, "a")))
		}
		faults := tree.NewFaults(tree.OS{})
		faults.FailFrom(n, errDisk)
		if f, err := Open(dir, Options{FS: faults}); err == nil {
			_, _ = f.Prune(context.Background(), udidA, Policy{Last: 1})
			f.Close()
		}
		must(t, s.Recover(t.Context()))
		vs, err := s.Versions(t.Context(), udidA)
		must(t, err)
		if len(vs) == 0 || vs[0].ID != made[2].ID {
			t.Fatalf("operation %d: versions %+v", n, vs)
		}
		for _, v := range vs {
			if r := verify(t, s, v, Full); !r.OK {
				t.Errorf("operation %d: %s: %+v", n, v.ID, r.Damage)
			}
		}
		must(t, os.RemoveAll(dir)) // and not only at the end: there are hundreds
		return faults.Fired() > 0
	})
}

// The errno of a fault becomes the cause that a person reads.
func TestFaultsHaveCauses(t *testing.T) {
	t.Parallel()
	for errno, want := range diskErrors {
		faults := tree.NewFaults(tree.OS{})
		s := newStore(t, Options{FS: faults})
		faults.FailFrom(faults.Ops()+25, errno)
		_, err := s.Begin(t.Context(), udidA)
		if id, _ := cause.Of(err); id != want || faults.Fired() == 0 {
			t.Errorf("%v: cause %s (%v), want %s", errno, id, err, want)
		}
	}
}
