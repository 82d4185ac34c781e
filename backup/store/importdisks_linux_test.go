package store

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
	"homeport/cause"
)

// stamps gives what a program that looks at a folder sees of its files, besides their
// bytes: inode, times and links.
func stamps(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for path := range snapshot(t, dir) {
		d, err := tree.OS{}.OpenDir(filepath.Dir(path))
		must(t, err)
		i, err := d.Lstat(filepath.Base(path))
		must(t, err)
		must(t, d.Close())
		got[path] = fmt.Sprintf("%v %v %v %d %d", i.ID, i.ModTime, i.Changed, i.Links, i.Size)
	}
	return got
}

// On the disk that the folder lies on it is cloned where that is possible, and copied
// from another one; in both cases the folder is as it was, also by its time of change.
func TestImportOnRealDisks(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		size int64
		way  tree.Strategy
	}{"xfs": {320 << 20, tree.Reflink}, "btrfs": {160 << 20, tree.Reflink}, "ext4": {64 << 20, tree.FullCopy}} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := treetest.NewMount(t, kind, c.size, "")
			for in, way := range map[string]tree.Strategy{m.Dir: c.way, fastDir(t): tree.FullCopy} {
				dir := foundFolder(t, filepath.Join(in, "found"), udidA, numbered(20, "old"), script{})
				before, were := snapshot(t, dir), stamps(t, dir)
				dest, err := os.MkdirTemp(m.Dir, "store")
				must(t, err)
				s, err := Open(dest, Options{})
				must(t, err)
				got, err := s.Import(t.Context(), dir, ImportOptions{})
				must(t, err)
				if got.Way != way.String() {
					t.Errorf("from %s: by %s, want %s", in, got.Way, way)
				}
				if r := verify(t, s, got.Version, Full); !r.OK {
					t.Errorf("damage %v", r.Damage)
				}
				if !maps.Equal(before, snapshot(t, dir)) || !maps.Equal(were, stamps(t, dir)) {
					t.Error("the folder was changed")
				}
				if st := begin(t, s, udidA); st.Info().Base != got.Version.ID {
					t.Error("not the base of the next run")
				} else {
					must(t, st.Discard())
				}
				must(t, s.Close())
			}
		})
	}
}

// With ever more room on a real disk: an import is refused before it copies, or stopped by
// the disk, and leaves nothing; or it is whole.
func TestImportOntoFullDisk(t *testing.T) {
	t.Parallel()
	c := contents{}
	for i := range 64 {
		c[fmt.Sprintf("Media/%d", i)] = strings.Repeat("x", 16<<10)
	}
	dir := foundFolder(t, fastDir(t), udidA, c, script{})
	before := snapshot(t, dir)
	m := treetest.NewMount(t, "tmpfs", 2<<20, "")
	refused, stopped, whole, near := 0, 0, 0, 1
	if testing.Short() {
		near = 4
	}
	for pages := 10; pages <= 400; pages += 12 {
		if pages > 250 && pages < 300 {
			pages -= 12 - near // where it gets close
		}
		dest := filepath.Join(m.Dir, "dest")
		must(t, os.Mkdir(dest, 0o700))
		ballast := filepath.Join(m.Dir, "ballast")
		s, err := Open(dest, Options{})
		must(t, err)
		leave(t, ballast, m.Dir, pages)
		got, err := s.Import(t.Context(), dir, ImportOptions{})
		switch id, _ := cause.Of(err); {
		case err == nil:
			whole++
			if r := verify(t, s, got.Version, Full); !r.OK {
				t.Errorf("%d pages: damage %v", pages, r.Damage)
			}
		case id == cause.HostDiskFull:
			refused++
			nothingLeft(t, s)
		case id == cause.HostDiskFullDuring:
			stopped++
			nothingLeft(t, s)
		default:
			t.Errorf("%d pages: %v", pages, err)
		}
		must(t, s.Close())
		must(t, os.Remove(ballast))
		must(t, os.RemoveAll(dest))
	}
	if refused < 5 || whole < 5 || stopped == 0 && !testing.Short() {
		t.Errorf("refused %d, stopped %d, whole %d", refused, stopped, whole)
	}
	if !maps.Equal(before, snapshot(t, dir)) {
		t.Error("the folder was changed")
	}
	t.Logf("refused %d, stopped %d, whole %d", refused, stopped, whole)
}
