package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/cause"
)

// A destination inside a version, under whatever name, is refused before a byte
// of it is written.
func TestNestedDestination(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(5, "a"))
	before := snapshot(t, v.Path)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(filepath.Join(v.Path, udidA), link))
	for _, dir := range []string{
		filepath.Join(s.Path(), udidA), link, v.Path, filepath.Join(v.Path, udidA, "new"),
		filepath.Join(s.Path(), homeName), filepath.Join(s.Path(), homeName, udidA, versionsName),
	} {
		for name, open := range map[string]func(string, Options) (*Store, error){"open": Open, "create": Create} {
			got, err := open(dir, Options{ReadOnly: name == "open"})
			if err == nil {
				got.Close()
			}
			if id, _ := cause.Of(err); id != cause.DestinationUnsafe && (name != "open" || id != cause.DestinationMissing) {
				t.Errorf("%s %s: %v", name, dir, err)
			}
		}
	}
	if diff := cmp.Diff(before, snapshot(t, v.Path)); diff != "" {
		t.Errorf("the version changed: %s", diff)
	}
	if _, err := os.Lstat(filepath.Join(v.Path, udidA, "new")); err == nil {
		t.Error("a folder was made in the version")
	}
}

// Who only reads makes nothing.
func TestReadOnlyMakesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{ReadOnly: true})
	must(t, err)
	defer s.Close()
	if list, err := s.Versions(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := s.Versions(t.Context(), udidA); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if err := s.Busy(t.Context(), udidA); err != nil {
		t.Error(err)
	}
	if _, err := s.Begin(t.Context(), udidA); err == nil {
		t.Error("a stage began in a store that is only read")
	}
	if err := s.CheckWritable(); err == nil {
		t.Error("it is called writable")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("made %v", entries)
	}
}

// A store whose FORMAT was lost or torn is recognised by its versions, and goes
// on; who only reads does not write it.
func TestLostFormat(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(path string) error{
		"missing": os.Remove,
		"empty":   func(p string) error { return os.WriteFile(p, nil, 0o600) },
		"garbage": func(p string) error { return os.WriteFile(p, []byte("\x00\xff\n"), 0o600) },
		"no id":   func(p string) error { return os.WriteFile(p, []byte("homeport store 1\n"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := Open(dir, Options{})
			must(t, err)
			id := s.ID()
			v := backUp(t, s, udidA, numbered(5, "a"))
			s.Close()
			format := filepath.Join(dir, homeName, formatName)
			must(t, bend(format))
			bent, _ := os.ReadFile(format)

			reader, err := Open(dir, Options{ReadOnly: true, ID: id})
			must(t, err)
			if list, err := reader.Versions(t.Context(), udidA); err != nil || len(list) != 1 || list[0].ID != v.ID {
				t.Errorf("read only: %+v, %v", list, err)
			}
			reader.Close()
			if now, _ := os.ReadFile(format); string(now) != string(bent) {
				t.Error("who only reads wrote FORMAT")
			}
			again, err := Open(dir, Options{ID: id})
			must(t, err)
			defer again.Close()
			if again.ID() != id {
				t.Errorf("id %q, want %q", again.ID(), id)
			}
			backUp(t, again, udidA, numbered(5, "b"))
		})
	}
}

// Marks that cannot be read are replaced: every version is kept, none is built
// on, and it is told once.
func TestLostMarks(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(path string) error{
		"torn":  func(p string) error { return os.WriteFile(p, []byte(`{"format":1,"vers`), 0o600) },
		"empty": func(p string) error { return os.WriteFile(p, nil, 0o600) },
		"list":  func(p string) error { return os.WriteFile(p, []byte("[]"), 0o600) },
		"link": func(p string) error {
			_ = os.Remove(p)
			return os.Symlink("/etc/hostname", p)
		},
		"folder": func(p string) error {
			_ = os.Remove(p)
			return os.Mkdir(p, 0o700)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, Options{})
			first := numbered(5, "a")
			v := backUp(t, s, udidA, first)
			// Damage that a check found, and whose mark is about to be lost.
			body := filepath.Join(v.Path, udidA, mobilesync.NewFileID(domain, "Media/IMG_0001.JPG").Body())
			must(t, os.Remove(body))
			must(t, os.WriteFile(body, []byte("rotten 1 x"), 0o600))
			verify(t, s, v, Full)
			must(t, bend(filepath.Join(s.Path(), homeName, udidA, marksName)))

			st := begin(t, s, udidA)
			if st.Info().Base != "" {
				t.Errorf("built on %s", st.Info().Base)
			}
			fill(t, st, udidA, first, script{})
			next, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived, Engine: "native"})
			must(t, err)
			if len(next.Notes) != 1 || next.Notes[0].ID != cause.VersionNotesLost {
				t.Errorf("notes %v", next.Notes)
			}
			if r := verify(t, s, next, Full); !r.OK {
				t.Errorf("the new version: %+v", r)
			}
			list, err := s.Versions(t.Context(), udidA)
			must(t, err)
			if len(list) != 2 || !list[1].Pinned || list[0].Pinned {
				t.Errorf("versions %+v", list)
			}
			again := backUp(t, s, udidA, first)
			if len(again.Notes) != 0 {
				t.Errorf("told again: %v", again.Notes)
			}
		})
	}
}

// A phone that refuses what it is given as the base gets an empty stage, until
// there is a version that it made from one.
func TestDistrust(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v1 := backUp(t, s, udidA, numbered(5, "a"))
	st := begin(t, s, udidA)
	if st.Info().Base != v1.ID {
		t.Fatalf("base %q", st.Info().Base)
	}
	must(t, st.Distrust(cause.PreviousBackupCorrupt))
	must(t, st.Discard())
	st = begin(t, s, udidA)
	if st.Info().Base != "" {
		t.Errorf("built on %s again", st.Info().Base)
	}
	must(t, st.Distrust(cause.PreviousBackupCorrupt)) // nothing to note
	must(t, st.Discard())
	if list, err := s.Versions(t.Context(), udidA); err != nil || !list[0].Sound() || !list[0].Latest {
		t.Errorf("%+v, %v", list, err)
	}
	v2 := backUp(t, s, udidA, numbered(5, "a"))
	st = begin(t, s, udidA)
	if st.Info().Base != v2.ID {
		t.Errorf("base %q, want %q", st.Info().Base, v2.ID)
	}
	must(t, st.Discard())
}
