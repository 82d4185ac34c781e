package store

import (
	"os"
	"path/filepath"
	"testing"

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
	_, err = s.Prune(t.Context(), udidA, Policy{Last: 1})
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

func TestPruneKeepsTheLast(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	var made []Version
	for range 4 {
		made = append(made, backUp(t, s, udidA, numbered(3, "a")))
	}
	decided, err := s.Prune(t.Context(), udidA, Policy{Last: 2})
	must(t, err)
	if diff := cmp.Diff([]VersionID{made[1].ID, made[0].ID}, removed(decided)); diff != "" {
		t.Error(diff)
	}
	list, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(list) != 2 || !verify(t, s, list[0], Full).OK || !verify(t, s, list[1], Full).OK {
		t.Errorf("left: %+v", list)
	}
	if decided, err := s.Prune(t.Context(), udidB, Policy{}); err != nil || decided != nil {
		t.Errorf("a phone without backups: %v, %v", decided, err)
	}
}

// removed lists what was decided to go.
func removed(decided []Decision) []VersionID {
	var ids []VersionID
	for _, d := range decided {
		if !d.Keep {
			ids = append(ids, d.Version.ID)
		}
	}
	return ids
}
