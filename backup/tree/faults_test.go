//go:build !windows

package tree

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

var errPlanned = errors.New("planned")

// story does something of everything and gives the first error.
func story(tr *Tree, parse func(string) Rel) error {
	steps := []func() error{
		func() error { return tr.MkdirAll(parse("U/ab")) },
		func() error { return put(tr, parse("U/ab/f"), "first") },
		func() error { return put(tr, parse("U/ab/f"), "second") },
		func() error { return tr.Rename(parse("U/ab/f"), parse("U/g")) },
		func() error { return tr.Copy(parse("U/g"), parse("U/h")) },
		func() error { _, err := tr.CloneFile(tr, parse("U/g"), parse("U/i"), HardLink); return err },
		func() error { _, err := tr.List(parse("U")); return err },
		func() error { return tr.Remove(parse("U/ab")) },
		func() error { return tr.Symlink("U/g", parse("latest")) },
		tr.Sync,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func put(tr *Tree, rel Rel, content string) error {
	b, err := tr.Create(rel)
	if err != nil {
		return err
	}
	defer b.Abort()
	if _, err := b.Write([]byte(content)); err != nil {
		return err
	}
	_, _, err = b.Commit()
	return err
}

// TestEveryOperationCanFail fails each operation in turn: the error comes out,
// and no file has other content than a whole one.
func TestEveryOperationCanFail(t *testing.T) {
	t.Parallel()
	parse := func(p string) Rel { return mustParse(t, p) }
	ops := 0
	for n := 0; n <= ops; n++ {
		faults := NewFaults(OS{})
		if n > 0 {
			faults.FailAt(n, errPlanned)
		}
		dir := t.TempDir()
		tr, err := Open(dir, WithFS(faults))
		if err == nil {
			err = story(tr, parse)
			tr.Close()
		}
		if n == 0 {
			if ops = faults.Ops(); err != nil || ops < 40 {
				t.Fatalf("%d operations, %v", ops, err)
			}
			continue
		}
		op := faults.Log()[n-1]
		// The clone that does not work is made in another way, the end of reading
		// does not matter; an unfinished file
		// that cannot be removed is left for later.
		if !errors.Is(err, errPlanned) && !strings.HasPrefix(op, "link") && op != "close U/g" {
			t.Errorf("operation %d (%s): %v", n, op, err)
		}
		if faults.Fired() != 1 {
			t.Errorf("operation %d did not fail", n)
		}
		wholeOrGone(t, dir, op)
	}
}

func wholeOrGone(t *testing.T, dir, op string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(p)
		if s := string(data); s != "first" && s != "second" {
			t.Errorf("after %s: %s holds %q", op, p, s)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestShortWriteIsNoBody(t *testing.T) {
	t.Parallel()
	faults := NewFaults(OS{})
	tr := openTemp(t, WithFS(faults))
	b, err := tr.Create(mustParse(t, "f"))
	if err != nil {
		t.Fatal(err)
	}
	faults.FailAt(faults.Ops()+1, syscall.ENOSPC)
	if n, err := b.Write(make([]byte, 100)); n != 50 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write: %d %v", n, err)
	}
	if _, err := b.Write(make([]byte, 100)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write after the error: %v", err)
	}
	if _, _, err := b.Commit(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("commit: %v", err)
	}
	if left, _ := os.ReadDir(tr.Dir()); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// TestSwapRace changes a folder for a symbolic link and back while files are
// written, listed and removed below it: nothing outside may change.
func TestSwapRace(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	outside, dir := filepath.Join(top, "outside"), filepath.Join(top, "tree")
	for _, d := range []string{outside, filepath.Join(dir, "U")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(outside, "f"), []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	rounds := 3000
	if testing.Short() {
		rounds = 200
	}
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		link, kept := filepath.Join(dir, "U"), filepath.Join(dir, "kept")
		for {
			select {
			case <-stop:
				return
			default:
			}
			if os.Rename(link, kept) == nil {
				_ = os.Symlink(outside, link)
				_ = os.Remove(link)
				_ = os.Rename(kept, link)
			}
		}
	})
	f, sub := mustParse(t, "U/f"), mustParse(t, "U/sub")
	for range rounds {
		tr, err := Open(dir) // no folder is open yet, each is looked up
		if err != nil {
			t.Fatal(err)
		}
		_ = put(tr, f, "evil")
		_ = tr.Mkdir(sub)
		_ = tr.Rename(f, sub)
		_ = tr.Remove(f)
		if r, _, err := tr.OpenRead(f); err == nil {
			buf := make([]byte, 6)
			if n, _ := r.Read(buf); string(buf[:n]) == "canary" {
				t.Error("read through the link")
			}
			r.Close()
		}
		tr.Close()
	}
	close(stop)
	wait.Wait()
	left, err := os.ReadDir(outside)
	data, _ := os.ReadFile(filepath.Join(outside, "f"))
	if err != nil || len(left) != 1 || string(data) != "canary" {
		t.Errorf("outside: %v %q %v", left, data, err)
	}
}

func TestSpecialFilesDoNotBlock(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	if err := syscall.Mkfifo(filepath.Join(tr.Dir(), "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(tr.Dir(), "link")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"fifo", "link"} {
		if _, _, err := tr.OpenRead(mustParse(t, p)); err == nil {
			t.Errorf("%s was opened", p)
		}
		if err := tr.Copy(mustParse(t, p), mustParse(t, "copy")); !errors.Is(err, ErrNotRegular) {
			t.Errorf("copy %s: %v", p, err)
		}
	}
	if err := tr.Symlink("x", mustParse(t, "fifo")); err == nil {
		t.Error("a FIFO was replaced by a link")
	}
	if err := tr.Symlink("x", mustParse(t, "link")); err != nil {
		t.Error(err)
	}
	if to, err := tr.Readlink(mustParse(t, "link")); to != "x" || err != nil {
		t.Errorf("%q %v", to, err)
	}
}

// TestHandlesAreBounded opens more folders than are kept open.
func TestHandlesAreBounded(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	tr.open.max = 8
	for i := range 100 {
		d := mustParse(t, "U/a"+string(rune('a'+i%26))+"/b"+string(rune('a'+i/26)))
		if err := tr.MkdirAll(d); err != nil {
			t.Fatal(err)
		}
		f, err := d.Join("f")
		if err != nil {
			t.Fatal(err)
		}
		if err := put(tr, f, "x"); err != nil {
			t.Fatal(err)
		}
		if n := len(tr.open.byRel); n > 12 {
			t.Fatalf("%d folders are open", n)
		}
	}
	tr.Close()
	if n := len(tr.open.byRel); n > 1 {
		t.Errorf("%d folders are open after Close", n)
	}
}

// A rename to another name of the same file leaves one name.
func TestRenameToItsTwin(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	a, b := mustParse(t, "a"), mustParse(t, "b")
	if err := put(tr, a, "one"); err != nil {
		t.Fatal(err)
	}
	if way, err := tr.CloneFile(tr, a, b, HardLink); err != nil || way != HardLink {
		t.Skipf("cloned by %s: %v", way, err)
	}
	if err := tr.Rename(a, b); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Lstat(a); !isNotExist(err) {
		t.Errorf("the old name is still there: %v", err)
	}
	if i, err := tr.Lstat(b); err != nil || i.Size != 3 {
		t.Errorf("%+v, %v", i, err)
	}
}
