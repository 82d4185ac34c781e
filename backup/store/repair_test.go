package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeport/cause"
)

// ownInode gives a file an inode of its own again, as a file has that was sent once
// more, or copied.
func ownInode(t testing.TB, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, data, 0o600))
}

func repair(t testing.TB, s *Store, v Version) Repaired {
	t.Helper()
	r, err := s.Repair(t.Context(), v, nil)
	must(t, err)
	return r
}

// Whatever became of a file that another version still has, it gets its bytes back,
// and the other versions stay untouched.
func TestRepair(t *testing.T) {
	t.Parallel()
	const name = "Media/IMG_0007.JPG"
	for what, spoil := range map[string]func(path string) error{
		"changed":  func(p string) error { ownFile(p); return os.WriteFile(p, []byte("rotten 7 xxxxxxx"), 0o600) },
		"short":    func(p string) error { ownFile(p); return os.Truncate(p, 3) },
		"empty":    func(p string) error { ownFile(p); return os.Truncate(p, 0) },
		"missing":  os.Remove,
		"no shard": func(p string) error { return os.RemoveAll(filepath.Dir(p)) },
		"a folder": func(p string) error { _ = os.Remove(p); return os.MkdirAll(filepath.Join(p, "x"), 0o700) },
		"a link":   func(p string) error { _ = os.Remove(p); return os.Symlink("/etc/hostname", p) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, Options{})
			made := threeVersions(t, s)
			good, others := content(t, made[1].Path), snapshot(t, made[0].Path)
			must(t, spoil(bodyAt(made[1], name)))
			if r := verify(t, s, made[1], Full); r.OK {
				t.Fatal("not found")
			}
			r := repair(t, s, made[1])
			if !r.OK || len(r.Left) != 0 || len(r.Repaired) == 0 || r.Repaired[0].From != made[2].ID {
				t.Fatalf("%+v", r)
			}
			if what != "no shard" && (r.Repaired[0].RelativePath != name || r.Repaired[0].Domain != domain) {
				t.Errorf("named %+v", r.Repaired[0])
			}
			if diff := cmp.Diff(good, content(t, made[1].Path)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(others, snapshot(t, made[0].Path)); diff != "" {
				t.Errorf("another version: %s", diff)
			}
			if v := find(t, s, made[1].ID); !v.Sound() {
				t.Errorf("still marked: %s", v.Damage)
			}
			checkEmptyTrash(t, s)
		})
	}
}

// ownFile parts a file from those that share its inode.
func ownFile(path string) {
	data, _ := os.ReadFile(path)
	_ = os.Remove(path)
	_ = os.WriteFile(path, data, 0o600)
}

// content is the files below dir and their bytes.
func content(t testing.TB, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for path := range snapshot(t, dir) {
		data, err := os.ReadFile(path)
		must(t, err)
		got[path] = string(data)
	}
	return got
}

func checkEmptyTrash(t testing.TB, s *Store) {
	t.Helper()
	trash, err := os.ReadDir(filepath.Join(s.Path(), homeName, udidA, trashName))
	must(t, err)
	if len(trash) > 0 {
		t.Errorf("trash holds %v", trash)
	}
}

// Damage that every version shares is healed from the one file that has an inode of
// its own, in all of them; then all are sound, and built on again.
func TestRepairOfSharedDamage(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	made := threeVersions(t, s)
	needsLinks(t, made[0], made[2], "Media/IMG_0007.JPG")
	ownInode(t, bodyAt(made[0], "Media/IMG_0007.JPG"))
	rot(t, bodyAt(made[1], "Media/IMG_0007.JPG"))
	if got := scrub(t, s); len(got.Fresh) != 2 {
		t.Fatalf("%+v", got)
	}
	for _, v := range made[1:] {
		if r := repair(t, s, v); !r.OK || len(r.Repaired) != 1 {
			t.Errorf("%+v", r)
		}
	}
	if got := scrub(t, s); len(got.Fresh) != 0 || !got.Reports[0].OK || !got.Reports[1].OK {
		t.Errorf("%+v", got)
	}
	st := begin(t, s, udidA)
	if st.Info().Base != made[2].ID {
		t.Errorf("built on %q", st.Info().Base)
	}
}

// What nobody has any more is named, stays marked, and nothing else is touched.
func TestRepairLeavesWhatIsLost(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	made := threeVersions(t, s)
	needsLinks(t, made[0], made[2], "Media/IMG_0007.JPG")
	rot(t, bodyAt(made[1], "Media/IMG_0007.JPG")) // in all three
	must(t, os.WriteFile(filepath.Join(made[1].Path, udidA, "x"), nil, 0o600))
	before := snapshot(t, made[1].Path)
	r := repair(t, s, made[1])
	if r.OK || len(r.Repaired) != 0 || len(r.Left) != 2 || r.Left[1].RelativePath != "Media/IMG_0007.JPG" {
		t.Fatalf("%+v", r)
	}
	if diff := cmp.Diff(before, snapshot(t, made[1].Path)); diff != "" {
		t.Error(diff)
	}
	if v := find(t, s, made[1].ID); v.Sound() {
		t.Error("not marked")
	}
	if _, err := s.Repair(t.Context(), Version{UDID: udidA, ID: "20200101T000000Z-0001"}, nil); !is(err, cause.NoSuchVersion) {
		t.Errorf("a version that is not there: %v", err)
	}
}

// A list of sums that was spoiled is written anew when the files still give its seal,
// and only then.
func TestRepairOfTheSeal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, v Version)
		ok    bool
	}{
		"bit":     {func(t *testing.T, v Version) { rot(t, filepath.Join(v.Path, sumsName)) }, true},
		"half":    {func(t *testing.T, v Version) { must(t, os.Truncate(filepath.Join(v.Path, sumsName), 700)) }, true},
		"missing": {func(t *testing.T, v Version) { must(t, os.Remove(filepath.Join(v.Path, sumsName))) }, true},
		"and a body": {func(t *testing.T, v Version) {
			must(t, os.Remove(filepath.Join(v.Path, sumsName)))
			rot(t, bodyAt(v, "Media/IMG_0007.JPG"))
		}, false},
		"the record": {func(t *testing.T, v Version) { must(t, os.Remove(filepath.Join(v.Path, recordName))) }, false},
	} {
		s := newStore(t, Options{})
		v := backUp(t, s, udidA, numbered(10, "a"))
		c.spoil(t, v)
		if r := repair(t, s, v); r.OK != c.ok || len(r.Left) == 0 != c.ok {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// A partial that was cloned from damaged files is not gone on with: neither while its
// base is marked, nor after that was repaired.
func TestPartialOfARepairedBase(t *testing.T) {
	t.Parallel()
	for name, mend := range map[string]bool{"marked": false, "repaired": true} {
		s := newStore(t, Options{})
		c := numbered(20, "a")
		first := backUp(t, s, udidA, c)
		ownInode(t, bodyAt(first, "Media/IMG_0007.JPG"))
		v := backUp(t, s, udidA, c)
		ownInode(t, bodyAt(v, "Media/IMG_0007.JPG"))
		st := begin(t, s, udidA)
		fill(t, st, udidA, c.with("Media/IMG_0001.JPG", "new"), script{stopAfter: 1})
		must(t, st.Keep())
		rot(t, bodyAt(v, "Media/IMG_0007.JPG")) // and in the partial
		verify(t, s, v, Full)
		if mend {
			if r := repair(t, s, v); !r.OK {
				t.Fatalf("%s: %+v", name, r)
			}
		}
		st = begin(t, s, udidA)
		if st.Info().Resumes != 0 {
			t.Errorf("%s: gone on with", name) // the phone would not send the rotten file again
		}
		must(t, st.Discard())
		next := backUp(t, s, udidA, c.with("Media/IMG_0001.JPG", "new"))
		if r := verify(t, s, next, Full); !r.OK {
			t.Errorf("%s: %+v", name, r.Damage)
		}
	}
}
