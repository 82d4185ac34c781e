package store

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
	"homeport/cause"
)

// Every story goes well on every kind of file system, with the same versions at
// the end; where there are no links, without the link to the newest.
func TestStoriesOnOtherFileSystems(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]treetest.Limits{
		"no hard links":   {NoReflinks: true, NoLinks: true},
		"no reflinks":     {NoReflinks: true},
		"few links":       {NoReflinks: true, MaxLinks: 2},
		"names fold case": {FoldCase: true},
		"exFAT":           {NoReflinks: true, NoLinks: true, NoSymlinks: true, FoldCase: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, s := range stories(8) {
				x := newTemplate(t, s)
				dir, was := x.copy(t)
				must(t, x.told(t, dir, Options{FS: treetest.Limited(tree.OS{}, l)}))
				after{template: x, dir: dir, was: was, point: name, same: true, done: true, next: stateC(8)}.check(t)
			}
		})
	}
}

// A file beyond what the file system holds is told as that, and so is one beyond
// the limit of a process; the versions that were there stay.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	for _, s := range stories(8)[:2] {
		x := newTemplate(t, s)
		x.fresh = x.fresh.with("Media/long.MOV", strings.Repeat("long", 20_000))
		x.tell = tellRun(x.fresh)
		dir, was := x.copy(t)
		err := x.told(t, dir, Options{FS: treetest.Limited(tree.OS{}, treetest.Limits{MaxFile: 64 << 10})})
		a := after{template: x, dir: dir, was: was, point: "64 KiB a file", same: true, next: stateC(8)}
		a.toldBy(t, mode{errno: syscall.EFBIG, cause: cause.DestinationFileLimit}, err)
		a.freed(t)
		a.check(t)
	}
}

// Where a rename does not replace, nothing can be renewed safely: a run ends with
// an error, and what was there stays.
func TestRenameDoesNotReplace(t *testing.T) {
	t.Parallel()
	for _, s := range stories(8) {
		x := newTemplate(t, s)
		dir, was := x.copy(t)
		err := x.told(t, dir, Options{FS: treetest.Limited(tree.OS{}, treetest.Limits{NoReplace: true})})
		if err == nil && !slices.Contains([]string{"prune", "recovery", "import", "import of an older one", "scrub"}, s.name) { // these renew nothing
			t.Errorf("%s: no error", s.name)
		}
		x.resumes = false
		after{template: x, dir: dir, was: was, point: "no replacing", same: true, done: err == nil, next: stateC(8)}.check(t)
	}
}
