package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup/tree"
	"homeport/cause"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	write := func(name, data string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
			must(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
		}
	}
	for name, c := range map[string]struct {
		bend func(t *testing.T, dir string)
		id   string
		want cause.ID
	}{
		"missing":           {func(t *testing.T, dir string) { must(t, os.Remove(dir)) }, "", cause.DestinationMissing},
		"a file":            {func(t *testing.T, dir string) { must(t, os.Remove(dir)); must(t, os.WriteFile(dir, nil, 0o600)) }, "", cause.DestinationNotWritable},
		"newer":             {write(".homeport/FORMAT", "homeport store 2\nid x\nmore\n"), "", cause.StoreTooNew},
		"no store":          {write(".homeport/FORMAT", "hello"), "", cause.DestinationUnsafe},
		"no id":             {write(".homeport/FORMAT", "homeport store 1\n"), "", cause.DestinationUnsafe},
		"foreign .homeport": {write(".homeport/theirs", "hello"), "", cause.DestinationUnsafe},
		"a backup": {func(t *testing.T, dir string) {
			write("Manifest.db", "x")(t, dir)
			write("Manifest.plist", "x")(t, dir)
		}, "", cause.DestinationUnsafe},
		".homeport is a file": {write(".homeport", "hello"), "", cause.DestinationUnsafe},
		".homeport is a link": {func(t *testing.T, dir string) { must(t, os.Symlink(t.TempDir(), filepath.Join(dir, homeName))) }, "", cause.DestinationUnsafe},
		"another disk":        {write(".homeport/FORMAT", "homeport store 1\nid x\n"), "y", cause.DestinationMissing},
		"bare mount point":    {func(*testing.T, string) {}, "y", cause.DestinationMissing},
		"writable by others":  {func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o777)) }, "", cause.DestinationUnsafe},
		"parent by others": {func(t *testing.T, dir string) {
			must(t, os.Chmod(filepath.Dir(dir), 0o777))
		}, "", cause.DestinationUnsafe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.HasSuffix(name, "by others") && os.PathSeparator == '\\' {
				t.Skip("no modes")
			}
			dir := filepath.Join(t.TempDir(), "dest")
			must(t, os.Mkdir(dir, 0o700))
			c.bend(t, dir)
			s, err := Open(dir, Options{ID: c.id})
			if err == nil {
				s.Close()
			}
			if id, _ := cause.Of(err); id != c.want {
				t.Errorf("cause %s (%v), want %s", id, err, c.want)
			}
			if name == "missing" || name == "bare mount point" {
				if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
					t.Errorf("made %v", entries)
				}
			}
		})
	}
}

func TestCreateMakesTheLastComponentOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dest")
	s, err := Create(dir, Options{})
	must(t, err)
	must(t, s.CheckWritable())
	s.Close()
	again, err := Open(dir, Options{ID: s.ID()})
	must(t, err)
	again.Close()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := Create(filepath.Join(dir, "a", "b"), Options{}); err == nil {
		t.Error("made two components")
	}
}

// The drive is pulled after Open, and the mount point is empty, or holds another
// store: nothing is written there.
func TestBeginNoticesAnotherDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dest")
	s, err := Create(dir, Options{})
	must(t, err)
	defer s.Close()
	must(t, os.Rename(dir, dir+".away"))
	for _, prepare := range []func(){
		func() {},
		func() { must(t, os.Mkdir(dir, 0o700)) },
		func() { other, err := Open(dir, Options{}); must(t, err); other.Close() },
	} {
		prepare()
		_, err := s.Begin(t.Context(), udidA)
		if id, _ := cause.Of(err); id != cause.DestinationMissing {
			t.Errorf("begin: %v", err)
		}
		if _, err := os.Lstat(filepath.Join(dir, homeName, udidA)); err == nil {
			t.Error("wrote to another disk")
		}
	}
}

func TestPlantedFoldersAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{versionsName, stagingName, trashName, lockName} {
		s := newStore(t, Options{})
		must(t, os.Mkdir(filepath.Join(s.Path(), homeName, udidA), 0o700))
		must(t, os.Symlink(t.TempDir(), filepath.Join(s.Path(), homeName, udidA, name)))
		_, err := s.Begin(t.Context(), udidA)
		if id, _ := cause.Of(err); id != cause.DestinationUnsafe {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUDIDsThatArePaths(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	for _, udid := range []string{"", "..", "../..", "a/b", ".homeport", "x", strings.Repeat("a", 10_000), "0000\x00000000"} {
		if _, err := s.Begin(t.Context(), udid); err == nil {
			t.Errorf("%q accepted", udid)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(s.Path(), homeName)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// What Create made and may not use goes away again.
func TestCreateLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	if os.PathSeparator == '\\' {
		t.Skip("no modes")
	}
	up := filepath.Join(t.TempDir(), "up")
	must(t, os.Mkdir(up, 0o700))
	must(t, os.Chmod(up, 0o777))
	if s, err := Create(filepath.Join(up, "new"), Options{}); err == nil {
		s.Close()
		t.Error("made under a folder of everybody's")
	}
	if entries, _ := os.ReadDir(up); len(entries) != 0 {
		t.Errorf("left %v", entries)
	}
}

// TestOpenTogether has another one open the same empty folder before each operation of the first,
// as phones do that are plugged in together: it becomes one store, and both have it.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	for n, over := 1, false; !over; n++ {
		dir, other := fastDir(t), ""
		faults := tree.NewFaults(tree.OS{})
		faults.At(n, func() {
			s, err := Open(dir, Options{})
			must(t, err)
			other = s.ID()
			must(t, s.Close())
		})
		s, err := Open(dir, Options{FS: faults})
		if err != nil {
			t.Errorf("another one before operation %d: %v", n, err)
			continue
		}
		if over = other == ""; !over && other != s.ID() {
			t.Errorf("another one before operation %d has store %s, this one %s", n, other, s.ID())
		}
		must(t, s.Close())
		if left, err := os.ReadDir(filepath.Join(dir, homeName)); err != nil || len(left) != 1 {
			t.Errorf("another one before operation %d: left %v, %v", n, left, err)
		}
	}
}
