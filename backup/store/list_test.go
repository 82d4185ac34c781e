package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeport/cause"
)

// Whatever lies among the versions is listed as what it is, and changes nothing.
func TestVersionsToleratesForeignEntries(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(3, "a"))
	versions := filepath.Dir(v.Path)
	record, err := os.ReadFile(filepath.Join(v.Path, recordName))
	must(t, err)
	put := func(name string, data []byte) {
		must(t, os.MkdirAll(filepath.Join(versions, name), 0o700))
		must(t, os.WriteFile(filepath.Join(versions, name, recordName), data, 0o600))
	}
	put("20260101T000000Z-0002", record) // copied and renamed
	put("20260101T000000Z-0003", nil)
	put("20260101T000000Z-0004", []byte(`{"format":1}`))
	put("20260101T000000Z-0005", []byte(`{"format":9,"id":1}`))
	put("someone's folder", record)
	must(t, os.Mkdir(filepath.Join(versions, "20260101T000000Z-0006"), 0o700))
	must(t, os.WriteFile(filepath.Join(versions, "a file"), nil, 0o600))
	must(t, os.Symlink("/", filepath.Join(versions, "20260101T000000Z-0007")))
	before := dirNames(t, versions)

	list, err := s.Versions(t.Context(), "")
	must(t, err)
	if len(list) != 9 {
		t.Errorf("%d entries", len(list))
	}
	for _, l := range list {
		if l.Sound() != (l.ID == v.ID) || l.Latest != (l.ID == v.ID) {
			t.Errorf("listed as %+v", l)
		}
	}
	_, err = s.Prune(t.Context(), udidA, 1)
	must(t, err)
	v2 := backUp(t, s, udidA, numbered(3, "b"))
	if v2.ID.Generation() != 8 {
		t.Errorf("generation of %s", v2.ID)
	}
	if diff := cmp.Diff(append(before, string(v2.ID)), dirNames(t, versions), cmp.Transformer("set", toSet)); diff != "" {
		t.Errorf("versions/: %s", diff)
	}
	if _, err := s.Find(t.Context(), "20200101T000000Z-0001"); err == nil {
		t.Error("found what is not there")
	} else if id, _ := cause.Of(err); id != cause.NoSuchVersion {
		t.Errorf("error %v", err)
	}
}

func toSet(names []string) map[string]bool {
	set := map[string]bool{}
	for _, n := range names {
		set[n] = true
	}
	return set
}

func dirNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestOutdated(t *testing.T) {
	t.Parallel()
	type v = Version
	mk := func(id VersionID, change func(*Version)) Version {
		r := Version{ID: id, Finished: testTime}
		if change != nil {
			change(&r)
		}
		return r
	}
	ids := []VersionID{"20260105T000000Z-0005", "20260104T000000Z-0004", "20260103T000000Z-0003", "20260102T000000Z-0002", "20260101T000000Z-0001"}
	damaged := func(v *v) { v.Damage = "x" }
	pinned := func(v *v) { v.Pinned = true }
	foreign := func(v *v) { v.Damage, v.Finished = "x", time.Time{} }
	for name, c := range map[string]struct {
		marks [5]func(*Version)
		keep  int
		base  VersionID
		want  []VersionID
	}{
		"last three":                      {keep: 3, want: ids[3:]},
		"at least one":                    {keep: 0, want: ids[1:]},
		"more than there are":             {keep: 9},
		"pinned stays":                    {marks: [5]func(*v){3: pinned}, keep: 3, want: ids[4:]},
		"damaged does not count":          {marks: [5]func(*v){0: damaged, 1: damaged}, keep: 2, want: ids[4:]},
		"damaged and old goes":            {marks: [5]func(*v){4: damaged}, keep: 3, want: ids[3:]},
		"nothing goes while none is good": {marks: [5]func(*v){damaged, damaged, damaged, damaged, damaged}, keep: 1},
		"base of the partial stays":       {keep: 1, base: ids[2], want: []VersionID{ids[1], ids[3], ids[4]}},
		"what is not ours stays":          {marks: [5]func(*v){4: foreign}, keep: 3, want: ids[3:4]},
	} {
		var vs []Version
		for i, id := range ids {
			vs = append(vs, mk(id, c.marks[i]))
		}
		if diff := cmp.Diff(c.want, outdated(vs, c.keep, c.base)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPruneKeepsTheLast(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	var made []Version
	for range 4 {
		made = append(made, backUp(t, s, udidA, numbered(3, "a")))
	}
	removed, err := s.Prune(t.Context(), udidA, 2)
	must(t, err)
	if diff := cmp.Diff([]VersionID{made[1].ID, made[0].ID}, removed); diff != "" {
		t.Error(diff)
	}
	list, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(list) != 2 || !verify(t, s, list[0], Full).OK || !verify(t, s, list[1], Full).OK {
		t.Errorf("left: %+v", list)
	}
	if removed, err := s.Prune(t.Context(), udidB, 1); err != nil || removed != nil {
		t.Errorf("a phone without backups: %v, %v", removed, err)
	}
}
