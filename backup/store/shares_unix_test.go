//go:build unix

package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeport/backup/mobilesync"
)

// onDisk adds up the files below the versions of a phone, each inode once.
func onDisk(t testing.TB, s *Store, udid string) (sum int64) {
	t.Helper()
	seen := map[uint64]bool{}
	dir := filepath.Join(s.Path(), homeName, udid, versionsName)
	must(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && !seen[inode(info)] {
			seen[inode(info)] = true
			sum += info.Size()
		}
		return err
	}))
	return sum
}

// What a plan says goes free is what is free when Prune has done it.
func TestFreedIsWhatGoesFree(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	c := numbered(60, "a")
	var made []Version
	for _, tag := range []string{"one", "two, longer", "three", "four"} {
		c = c.with("Media/IMG_0003.JPG", tag).with("Media/IMG_0004.JPG", tag+tag)
		made = append(made, backUp(t, s, udidA, c))
	}
	needsLinks(t, made[0], made[3], "Media/IMG_0008.JPG")
	// A body that has an inode of its own again, as after a repair.
	own := filepath.Join(made[1].Path, udidA, mobilesync.NewFileID(domain, "Media/IMG_0007.JPG").Body())
	data, err := os.ReadFile(own)
	must(t, err)
	must(t, os.Remove(own))
	must(t, os.WriteFile(own, data, 0o600))

	before := onDisk(t, s, udidA)
	planned, err := s.Plan(t.Context(), udidA, Policy{Last: 2})
	must(t, err)
	var freed, own0 int64
	for _, d := range planned {
		freed += d.Freed
		if d.Own <= 0 || d.Keep && d.Freed != 0 {
			t.Errorf("%s: freed %d, own %d", d.Version.ID, d.Freed, d.Own)
		}
		own0 += d.Own
	}
	if own0 >= before {
		t.Errorf("%d of %d bytes are said to be in one version only", own0, before)
	}
	if onDisk(t, s, udidA) != before {
		t.Fatal("a plan changed something")
	}
	done, err := s.Prune(t.Context(), udidA, Policy{Last: 2})
	must(t, err)
	if len(removed(done)) != 2 || table(done) != table(planned) {
		t.Errorf("planned\n%sdone\n%s", table(planned), table(done))
	}
	if got := before - onDisk(t, s, udidA); got != freed || freed == 0 {
		t.Errorf("%d bytes went free, %d were said to", got, freed)
	}
}

// A budget is kept on the disk, and no more is removed than it needs.
func TestSizeBudgetOnDisk(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	c := numbered(200, "a")
	var first Version
	for i := range 6 {
		c = c.with("Media/IMG_0003.JPG", string(make([]byte, 20_000+i)))
		v := backUp(t, s, udidA, c)
		if i == 0 {
			first = v
		}
		needsLinks(t, first, v, "Media/IMG_0008.JPG")
	}
	budget := onDisk(t, s, udidA) - 30_000
	done, err := s.Prune(t.Context(), udidA, Policy{Last: 6, Within: time.Hour, Size: budget})
	must(t, err)
	left := onDisk(t, s, udidA)
	if n := len(removed(done)); n == 0 || n > 2 || left > budget {
		t.Errorf("%d removed, %d of %d bytes\n%s", n, left, budget, table(done))
	}
}
