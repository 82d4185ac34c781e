package mobilebackup2

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"homeport/backup"
	"homeport/backup/tree"
)

// TestToldIsTrue lets a phone do allowed things in no sensible order: whatever
// the job was told of a file that is there in the end is so.
func TestToldIsTrue(t *testing.T) {
	t.Parallel()
	const id = "3d0d7e5fb2ce288813306e4d4636395e047a3d2"
	names := []string{"aa/" + id + "0", "aa/" + id + "1", "bb/" + id + "0", "Manifest.db", "other"}
	dirs := []string{"", "Snapshot/"}
	seeds := 150
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 0))
		path := func() string { return u + dirs[rnd.IntN(2)] + names[rnd.IntN(len(names))] }
		told := map[string][32]byte{}
		_, job, err := play(t, func(j *backup.Job) {
			base(t, *j, file{"Snapshot/" + names[1], "left by an earlier run"})
			j.Wrote = func(rel tree.Rel, n int64, sum [32]byte) { told[rel.String()] = sum }
		}, func(d *device) {
			for _, dir := range []string{"Snapshot", "aa", "bb", "Snapshot/aa", "Snapshot/bb"} {
				d.ask("DLMessageCreateDirectory", u+dir)
			}
			for i := range 60 {
				switch rnd.IntN(7) {
				case 0, 1, 2:
					d.upload(file{path(), fmt.Sprint("content ", i)})
				case 3:
					n := names[rnd.IntN(len(names))]
					d.ask("DLMessageMoveItems", map[string]any{u + "Snapshot/" + n: u + n})
				case 4:
					d.ask("DLMessageMoveItems", map[string]any{path(): path()})
				case 5:
					d.ask("DLMessageRemoveItems", []string{path()})
				case 6:
					from, to := u+dirs[rnd.IntN(2)]+"aa", u+dirs[rnd.IntN(2)]+"cc"
					if rnd.IntN(4) == 0 {
						d.ask("DLMessageMoveItems", map[string]any{from: to})
						d.ask("DLMessageMoveItems", map[string]any{to: u + dirs[rnd.IntN(2)] + "aa"})
					} else {
						d.ask("DLMessageCopyItem", path(), path())
					}
				}
			}
			d.complete()
		})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for p, sum := range hashTree(t, job.Dir) {
			if said, ok := told[p]; ok && said != sum {
				t.Errorf("seed %d: %s is not what was told", seed, p)
			}
		}
	}
}
