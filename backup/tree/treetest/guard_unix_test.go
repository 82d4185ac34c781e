//go:build unix

package treetest

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// quiet is a test that keeps what it is told to itself.
type quiet struct {
	testing.TB
	told int
}

func (q *quiet) Helper()               {}
func (q *quiet) Errorf(string, ...any) { q.told++ }

// Every change of a published version is seen, once, and nothing else is called one.
func TestGuard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(path string) error
		told   int
	}{
		"nothing":  {func(string) error { return nil }, 0},
		"bytes":    {func(p string) error { return keepTime(p, func() error { return os.WriteFile(p, []byte("B"), 0o600) }) }, 1},
		"time":     {func(p string) error { return os.Chtimes(p, time.Now(), time.Unix(1, 0)) }, 1},
		"mode":     {func(p string) error { return os.Chmod(p, 0o400) }, 1},
		"removed":  {os.Remove, 1},
		"added":    {func(p string) error { return os.WriteFile(p+"2", nil, 0o600) }, 1},
		"replaced": {replace, 1},
		"whole":    {func(p string) error { return os.RemoveAll(filepath.Dir(filepath.Dir(p))) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dest := t.TempDir()
			path := filepath.Join(dest, ".homeport", "phone", "versions", "v1", "phone", "file")
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("a"), 0o600); err != nil {
				t.Fatal(err)
			}
			var g Guard
			q := &quiet{TB: t}
			g.LookAll(q, dest)
			if err := c.change(path); err != nil {
				t.Fatal(err)
			}
			if same := g.LookAll(q, dest); q.told != c.told || same != (c.told == 0) {
				t.Errorf("told %d times, want %d", q.told, c.told)
			}
			if g.LookAll(q, dest); q.told != c.told {
				t.Error("told again")
			}
		})
	}
}

func keepTime(path string, change func() error) error {
	info, err := os.Stat(path)
	if err == nil {
		err = change()
	}
	if err == nil {
		err = os.Chtimes(path, info.ModTime(), info.ModTime())
	}
	return err
}

// replace gives the file another inode, with the same bytes and time.
func replace(path string) error {
	return keepTime(path, func() error {
		if err := os.WriteFile(path+".new", []byte("a"), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	})
}
