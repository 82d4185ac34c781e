package store

import (
	"strings"
	"syscall"
	"testing"

	"homeport/backup/tree"
	"homeport/cause"
)

// A disk that fails while a repair looks at what is in the place of a file is told as
// that, also when a folder is there.
func TestRepairTellsOfTheDisk(t *testing.T) {
	t.Parallel()
	story := moreStories(5)[0]
	x := newTemplate(t, story)
	dir, _ := x.copy(t)
	count := tree.NewFaults(tree.OS{})
	must(t, x.told(t, dir, Options{FS: count, Host: testHost}))
	tried := 0
	for n, op := range count.Log() {
		if !strings.HasPrefix(op, "lstat ") || !strings.Contains(op, string(x.mended)+"/"+udidA+"/") {
			continue
		}
		dir, _ := x.copy(t)
		faults := tree.NewFaults(tree.OS{})
		faults.FailAt(n+1, syscall.EIO)
		if err := x.told(t, dir, Options{FS: faults, Host: testHost}); err != nil {
			tried++
			if id, _ := cause.Of(err); id != cause.HostIOError {
				t.Errorf("%s: told as %s: %v", op, id, err)
			}
		}
	}
	if tried == 0 {
		t.Error("no fault ended the repair")
	}
}
