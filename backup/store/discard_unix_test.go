//go:build unix

package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"homeport/backup/tree"
)

// TestDiscardWithoutRenaming throws a stage away on a disk that is so full that it
// refuses to rename, as btrfs does beyond a quota: the room becomes free all the same,
// and a version is not touched where it stands.
func TestDiscardWithoutRenaming(t *testing.T) {
	t.Parallel()
	faults := tree.NewFaults(tree.OS{})
	s := newStore(t, Options{FS: faults})
	v := backUp(t, s, udidA, numbered(5, "one"))
	backUp(t, s, udidA, numbered(5, "two"))
	was := snapshot(t, v.Path)
	st := begin(t, s, udidA)
	fill(t, st, udidA, numbered(9, "three"), script{})
	dir := st.Dir()
	faults.FailFromOnly(faults.Ops()+1, syscall.EDQUOT, []string{"rename"})
	must(t, st.Discard())
	if faults.Fired() == 0 {
		t.Fatal("nothing was refused")
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) > 0 {
		t.Errorf("staging holds %v, %v", left, err)
	}
	if _, err := s.Prune(t.Context(), udidA, Policy{Last: 1}); err == nil {
		t.Error("a version was removed without a renaming")
	}
	for path, what := range snapshot(t, v.Path) {
		if was[path] != what {
			t.Errorf("%s: %s, was %s", path, what, was[path])
		}
	}
}
