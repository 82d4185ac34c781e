package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/cause"
)

// theirs is the lease of another computer.
const theirs = `{"format":1,"token":"00000000-0000-4000-8000-00000000000b","host":"b","boot":"b","counter":7,"computer":"Bens-PC","does":"backup","start":"2026-11-22T10:00:00Z"}`

// home is the phone's folder in the store.
func (s *stage) home(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(s.dest, ".homeport", udidAnna)
	must(t, os.MkdirAll(dir, 0o700))
	return dir
}

// A run whose folder another computer has taken over ends with the next renewal of its
// lease, keeps nothing, and is tried again later.
func TestLeaseIsLostInMidRun(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		s.attach()
		s.pass(time.Minute)
		home := s.home(t)
		must(t, os.Remove(filepath.Join(home, "lease.json")))
		must(t, os.WriteFile(filepath.Join(home, "lease.json"), []byte(theirs), 0o600))
		staged, err := os.ReadDir(filepath.Join(home, "staging"))
		if err != nil || len(staged) != 1 {
			t.Fatalf("in staging: %v, %v", staged, err)
		}
		begun := time.Now()
		s.pass(12 * time.Second)
		failed := s.diary.all(Failed)
		if len(failed) != 1 || failed[0].Cause != cause.LeaseLost || failed[0].Error.Message != "another computer (Bens-PC) has taken over these backups" {
			t.Fatalf("told %+v", failed)
		}
		if after := failed[0].Time.Sub(begun); after > 10*time.Second {
			t.Errorf("told after %v", after)
		}
		// What the taker left, or did not yet take away, is the taker's.
		if left, err := os.ReadDir(filepath.Join(home, "staging")); err != nil || len(left) != 1 {
			t.Errorf("in staging: %v, %v", left, err)
		}
	})
}

// A run waits for a computer that may still be at the folder, says for which, and goes
// on when that gives no sign of life.
func TestWaitsForAnotherComputer(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		must(t, os.WriteFile(filepath.Join(s.home(t), "lease.json"), []byte(theirs), 0o600))
		s.attach()
		s.pass(30 * time.Second)
		waits := s.diary.all(Waiting)
		if len(waits) != 1 || waits[0].Message != "another computer (Bens-PC) may still use this folder; looking for 1 min" {
			t.Fatalf("told %+v", waits)
		}
		if n := len(s.tries()); n != 0 {
			t.Errorf("%d backups began meanwhile", n)
		}
		s.pass(time.Minute)
		if n := len(s.tries()); n != 1 {
			t.Errorf("%d backups began after that", n)
		}
	})
}

// A computer that shows itself is told by its name, and the run is tried again later.
func TestBusyWithAnotherComputer(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.engine.holds(0)
		lease := filepath.Join(s.home(t), "lease.json")
		must(t, os.WriteFile(lease, []byte(theirs), 0o600))
		s.attach()
		s.pass(5 * time.Second)
		must(t, os.WriteFile(lease, []byte(strings.Replace(theirs, ":7,", ":8,", 1)), 0o600))
		s.pass(5 * time.Second)
		failed := s.diary.all(Failed)
		if len(failed) != 1 || failed[0].Cause != cause.AlreadyRunning || failed[0].Error.Message != "Bens-PC is backing up this iPhone to the same folder" {
			t.Fatalf("told %+v", failed)
		}
		must(t, os.Remove(lease))
		s.pass(time.Hour + time.Minute)
		if n := len(s.tries()); n != 1 {
			t.Errorf("%d backups began in the hour after that", n)
		}
	})
}
