package backuptest

import (
	"path"
	"testing"

	"homeport/simulator"
)

// Compare makes the same three backups with two engines, each of its own phone
// with the same seed, and wants the same folder after each: a first one, one after
// changes, a forced full one. Info.plist, which has a random GUID and the time, is
// left out.
func Compare(t *testing.T, spec simulator.PhoneSpec, a, b Maker) {
	one, two := newWorld(t, Traits{}, a, spec), newWorld(t, Traits{}, b, spec)
	dirA, dirB := t.TempDir(), t.TempDir()
	for run := range 3 {
		for _, w := range []*world{one, two} {
			if run == 1 {
				w.device.Modify(20)
				w.device.Add(9)
				w.device.Delete(11)
			}
		}
		jobA, jobB := one.job(dirA), two.job(dirB)
		jobA.Full, jobB.Full = run == 2, run == 2
		ra, rb := one.backUp(jobA, nil), two.backUp(jobB, nil)
		if ra.Full != rb.Full || ra.Encrypted != rb.Encrypted || ra.Files != rb.Files {
			t.Errorf("run %d: results %+v and %+v", run, ra, rb)
		}
		sameTrees(t, run, tree(t, dirA), tree(t, dirB))
	}
}

func sameTrees(t *testing.T, run int, a, b map[string][32]byte) {
	t.Helper()
	if len(a) != len(b) || len(a) < 5 {
		t.Errorf("run %d: %d and %d files", run, len(a), len(b))
	}
	for p, sum := range a {
		if path.Base(p) == "Info.plist" {
			continue
		}
		if other, ok := b[p]; !ok || other != sum {
			t.Errorf("run %d: %s is not the same (there: %v)", run, p, ok)
		}
	}
}
