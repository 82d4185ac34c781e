package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
)

// noLinks is a drive on which nothing can be shared.
var noLinks = treetest.Limits{NoReflinks: true, NoLinks: true}

// with gives options of the kind of store that the story is about.
func (p promise) with(o Options) Options {
	if !p.mirror {
		return o
	}
	return asMirror(o)
}

func asMirror(o Options) Options {
	if o.FS == nil {
		o.FS = tree.OS{}
	}
	o.FS, o.Mirror = treetest.Limited(o.FS, noLinks), true
	return o
}

// told is a story told to a mirror.
func told(tell func(*testing.T, string, Options) error) func(*testing.T, string, Options) error {
	return func(t *testing.T, dir string, o Options) error { return tell(t, dir, asMirror(o)) }
}

// fewOf is so little of a phone that it is in doubt.
func fewOf(c contents) contents {
	few := contents{}
	for _, p := range slices.Sorted(func(yield func(string) bool) {
		for p := range c {
			if !yield(p) {
				return
			}
		}
	})[:len(c)/4] {
		few[p] = c[p]
	}
	return few
}

// mirrorStories are told about a drive on which the next version takes the place of
// the one before.
func mirrorStories(n int) []story {
	a, b := stateA(n), stateB(n)
	few := fewOf(a)
	return []story{
		{"mirrored", func(t *testing.T, dir string) promise {
			return promise{gives: made(t, dir, a), fresh: b, partial: true, mirror: true}
		}, told(tellRun(b))},
		{"mirrored 2", func(t *testing.T, dir string) promise { // the older one is nobody's base
			all := made(t, dir, few, a)
			return promise{old: only(all, few), gives: only(all, a), fresh: b, partial: true, mirror: true}
		}, told(tellRun(b))},
		{"mirror res.", func(t *testing.T, dir string) promise {
			old := made(t, dir, a)
			leaveMirror(t, dir, b)
			return promise{gives: old, fresh: b, partial: true, mirror: true}
		}, told(tellRun(b))},
		{"mirror kept", func(t *testing.T, dir string) promise {
			return promise{gives: made(t, dir, a), partial: true, mirror: true}
		}, told(tellKeep(b))},
		{"mirror few", func(t *testing.T, dir string) promise {
			return promise{gives: made(t, dir, a), stays: true, then: few.with("Media/new.JPG", "added"), fresh: few, partial: true, mirror: true}
		}, told(tellRun(few))},
		{"half merged", func(t *testing.T, dir string) promise {
			gives := made(t, dir, a)
			leaveHalf(t, dir, b)
			return promise{gives: gives, fresh: b, partial: true, mirror: true}
		}, told(tellRecover)},
	}
}

// only are the versions with these contents.
func only(all map[VersionID]contents, c contents) map[VersionID]contents {
	some := map[VersionID]contents{}
	for id, has := range all {
		if len(has) == len(c) {
			some[id] = has
		}
	}
	return some
}

func leaveMirror(t *testing.T, dir string, c contents) {
	t.Helper()
	s, err := Open(dir, asMirror(Options{Host: testHost}))
	must(t, err)
	defer s.Close()
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{stopAfter: 2})
	if !st.Mirrors() {
		t.Error("not a mirror")
	}
	must(t, st.Keep())
}

// leaveHalf leaves a merge that was killed when some of the bodies were in their place.
func leaveHalf(t *testing.T, dir string, c contents) {
	t.Helper()
	count := tree.NewFaults(tree.OS{})
	probe := fastDir(t)
	must(t, os.CopyFS(probe, os.DirFS(dir)))
	must(t, told(tellRun(c))(t, probe, Options{FS: count, Host: testHost}))
	log := count.Log()
	at := slices.IndexFunc(log, func(op string) bool { return strings.HasPrefix(op, "rename") && strings.Contains(op, mergeName) })
	if at < 0 {
		t.Fatalf("no merge among %q", log)
	}
	renames := 0
	for ; renames < 6; at++ {
		if strings.HasPrefix(log[at], "rename ") {
			renames++
		}
	}
	faults := tree.NewFaults(tree.OS{})
	faults.FailFrom(at+1, errDisk)
	if err := told(tellRun(c))(t, dir, Options{FS: faults, Host: testHost}); !errors.Is(err, errDisk) {
		t.Fatalf("not killed: %v", err)
	}
}

// A merge that was cut is told as what it is until it is finished; nothing is called
// sound or damaged that is neither.
func TestHalfMergedIsListedAsThat(t *testing.T) {
	t.Parallel()
	dir := fastDir(t)
	old := made(t, dir, stateA(8))
	leaveHalf(t, dir, stateB(8))
	s, err := Open(dir, asMirror(Options{ReadOnly: true, Host: testHost}))
	must(t, err)
	defer s.Close()
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(vs) != 1 || vs[0].Sound() || vs[0].Damage != merging {
		t.Errorf("listed %+v", vs)
	}
	for id := range old {
		if _, err := s.Verify(t.Context(), Version{ID: id, UDID: udidA}, Full, nil); err == nil || !strings.Contains(err.Error(), merging) {
			t.Errorf("verified: %v", err)
		}
	}
	must(t, s.Recover(t.Context()))
	vs, err = s.Versions(t.Context(), udidA)
	must(t, err)
	if len(vs) != 1 || !vs[0].Sound() || !verify(t, s, vs[0], Full).OK {
		t.Errorf("after recovery: %+v", vs)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, homeName, udidA, stagingName)); len(left) > 0 {
		t.Errorf("staging holds %v", left)
	}
}

// allStories are those of every kind of drive.
func allStories(n int) []story { return append(stories(n), mirrorStories(n)...) }
