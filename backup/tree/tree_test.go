package tree

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func mustParse(t testing.TB, p string) Rel {
	t.Helper()
	r, err := Parse(p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func openTemp(t testing.TB, opts ...Option) *Tree {
	t.Helper()
	tr, err := Open(t.TempDir(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func write(t testing.TB, tr *Tree, p, content string) {
	t.Helper()
	b, err := tr.Create(mustParse(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(b, content); err != nil {
		t.Fatal(err)
	}
	n, sum, err := b.Commit()
	if err != nil || n != int64(len(content)) || sum != sha256.Sum256([]byte(content)) {
		t.Fatalf("commit %s: %d %x %v", p, n, sum, err)
	}
}

func read(t testing.TB, tr *Tree, p string) string {
	t.Helper()
	f, n, err := tr.OpenRead(mustParse(t, p))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil || int64(len(data)) != n {
		t.Fatalf("read %s: %d of %d, %v", p, len(data), n, err)
	}
	return string(data)
}

func names(t testing.TB, tr *Tree, p Rel) map[string]bool {
	t.Helper()
	entries, err := tr.List(p)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]bool{}
	for _, e := range entries {
		m[e.Name] = e.Dir
	}
	return m
}

func TestBodyReplacesByRename(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	if err := tr.MkdirAll(mustParse(t, "U/ab")); err != nil {
		t.Fatal(err)
	}
	write(t, tr, "U/ab/f", "old")
	other := filepath.Join(t.TempDir(), "kept")
	if err := os.Link(filepath.Join(tr.Dir(), "U/ab/f"), other); err != nil {
		t.Fatal(err)
	}
	b, err := tr.Create(mustParse(t, "U/ab/f"))
	if err != nil {
		t.Fatal(err)
	}
	b.Write([]byte("new"))
	if got := read(t, tr, "U/ab/f"); got != "old" {
		t.Errorf("before commit: %q", got)
	}
	if got := names(t, tr, mustParse(t, "U/ab")); len(got) != 1 {
		t.Errorf("the unfinished body shows: %v", got)
	}
	if _, _, err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, tr, "U/ab/f"); got != "new" {
		t.Errorf("after commit: %q", got)
	}
	if data, _ := os.ReadFile(other); string(data) != "old" {
		t.Errorf("the hard link was written through: %q", data)
	}
	if _, _, err := b.Commit(); err == nil {
		t.Error("a second commit passed")
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	b, err := tr.Create(mustParse(t, "f"))
	if err != nil {
		t.Fatal(err)
	}
	b.Write([]byte("x"))
	b.Abort()
	b.Abort()
	if left, _ := os.ReadDir(tr.Dir()); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	if err := tr.Mkdir(mustParse(t, "d")); err != nil {
		t.Fatal(err)
	}
	write(t, tr, "d/f", "x")
	for p, want := range map[string]fs.FileMode{"d": 0o700, "d/f": 0o600} {
		i, err := tr.Lstat(mustParse(t, p))
		if err != nil || i.Mode.Perm() != want {
			t.Errorf("%s: %v %v", p, i.Mode, err)
		}
	}
}

func TestRenameProvesItsSource(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	write(t, tr, "good", "keep me")
	if err := tr.Rename(mustParse(t, "missing"), mustParse(t, "good")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing source: %v", err)
	}
	if err := tr.Rename(mustParse(t, "good"), mustParse(t, "good")); err != nil {
		t.Errorf("onto itself: %v", err)
	}
	if got := read(t, tr, "good"); got != "keep me" {
		t.Errorf("target: %q", got)
	}
	if err := tr.MkdirAll(mustParse(t, "a/b")); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"a", "a/b/c"}, {"a/b", "a"}, {"a", "x/y"}} {
		if err := tr.Rename(mustParse(t, c[0]), mustParse(t, c[1])); err == nil {
			t.Errorf("%v passed", c)
		}
	}
}

// A folder that was moved must not be written through its old handle.
func TestRenameOfAFolderMovesItsHandles(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	for _, d := range []string{"a/b", "c"} {
		if err := tr.MkdirAll(mustParse(t, d)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, tr, "a/b/f", "1")
	if err := tr.Rename(mustParse(t, "a"), mustParse(t, "d")); err != nil {
		t.Fatal(err)
	}
	if err := tr.MkdirAll(mustParse(t, "a/b")); err != nil {
		t.Fatal(err)
	}
	write(t, tr, "a/b/f", "2")
	if got := read(t, tr, "d/b/f"); got != "1" {
		t.Errorf("moved: %q", got)
	}
	if got := read(t, tr, "a/b/f"); got != "2" {
		t.Errorf("new: %q", got)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	outside := filepath.Join(t.TempDir(), "canary")
	if err := os.WriteFile(outside, []byte("alive"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tr.MkdirAll(mustParse(t, "U/ab")); err != nil {
		t.Fatal(err)
	}
	write(t, tr, "U/ab/f", "x")
	for _, l := range []struct{ to, name string }{{outside, "U/file"}, {filepath.Dir(outside), "U/ab/dir"}} {
		if err := os.Symlink(l.to, filepath.Join(tr.Dir(), l.name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Remove(Rel{}); err == nil {
		t.Error("the root was removed")
	}
	if err := tr.Remove(mustParse(t, "U/none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := tr.Remove(mustParse(t, "U")); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(outside); string(data) != "alive" {
		t.Error("a link was followed")
	}
	if left, _ := os.ReadDir(tr.Dir()); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	for _, best := range []Strategy{Reflink, HardLink, FullCopy} {
		t.Run(best.String(), func(t *testing.T) {
			t.Parallel()
			from, to := openTemp(t), openTemp(t)
			content := string(bytes.Repeat([]byte("abc"), 300_000))
			write(t, from, "f", content)
			used, err := to.CloneFile(from, mustParse(t, "f"), mustParse(t, "g"), best)
			if err != nil || used < best {
				t.Fatalf("%v %v", used, err)
			}
			if read(t, to, "g") != content {
				t.Error("the clone differs")
			}
			if _, err := to.CloneFile(from, mustParse(t, "f"), mustParse(t, "none/g"), best); err == nil {
				t.Error("cloned into a missing folder")
			}
		})
	}
}

// TestCloseTwice proves that a second Close touches nothing: the descriptor's
// number may be another file's by then.
func TestCloseTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tr := openTemp(t)
	write(t, tr, "a", "one")
	root, err := OS{}.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := root.Create("b")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]io.Closer{"file": f, "folder": root, "tree": tr} {
		if err := c.Close(); err != nil {
			t.Errorf("close %s: %v", name, err)
		}
		other, err := os.Open(dir) // takes the number that is free now
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
			t.Errorf("close %s again: %v", name, err)
		}
		if _, err := other.Stat(); err != nil {
			t.Errorf("the second close of the %s closed somebody else's file: %v", name, err)
		}
		other.Close()
	}
}

// A body that may replace nothing leaves what has its name, and nothing of its own.
func TestCommitNew(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	write(t, tr, "taken", "a person's")
	date := time.Date(2019, 7, 14, 11, 0, 0, 0, time.UTC)
	begin := func(name string) *Body {
		b, err := tr.Create(mustParse(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Write([]byte("new")); err != nil {
			t.Fatal(err)
		}
		if err := b.SetModTime(date); err != nil {
			t.Fatal(err)
		}
		return b
	}
	if _, _, err := begin("taken").CommitNew(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	b := begin("free")
	if b.Sum() != sha256.Sum256([]byte("new")) {
		t.Error("another sum")
	}
	if _, _, err := b.CommitNew(); err != nil {
		t.Fatal(err)
	}
	if i, err := tr.Lstat(mustParse(t, "free")); err != nil || !i.ModTime.Equal(date) {
		t.Errorf("date %v, %v", i.ModTime, err)
	}
	if read(t, tr, "taken") != "a person's" || read(t, tr, "free") != "new" {
		t.Error("another content")
	}
	if left, _ := os.ReadDir(tr.Dir()); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

// Every way to a free name, as on systems that lack the ones before it.
func TestRenameNewWithoutTheSystemsHelp(t *testing.T) {
	t.Parallel()
	for name, links := range map[string]bool{"by a link": true, "by looking first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := openTemp(t)
			write(t, tr, "a", "mine")
			write(t, tr, "taken", "theirs")
			d := tr.open.root.dir
			if !links {
				d = noLinks{d}
			}
			no := func() error { return errors.ErrUnsupported }
			if err := renameNew(d, "a", d, "taken", no); !errors.Is(err, fs.ErrExist) {
				t.Errorf("onto a name that is taken: %v", err)
			}
			if err := renameNew(d, "a", d, "free", no); err != nil {
				t.Error(err)
			}
			if err := renameNew(d, "a", d, "free too", no); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("of nothing: %v", err)
			}
			if read(t, tr, "taken") != "theirs" || read(t, tr, "free") != "mine" {
				t.Error("another content")
			}
		})
	}
}

// noLinks is a folder on a file system without hard links.
type noLinks struct{ Dir }

func (noLinks) Link(string, Dir, string) error { return errors.ErrUnsupported }

func (d noLinks) Rename(name string, to Dir, newName string) error {
	return d.Dir.Rename(name, to.(noLinks).Dir, newName)
}
