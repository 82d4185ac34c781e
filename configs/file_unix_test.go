//go:build unix

package configs

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"homeport/cause"
)

// TestOddFiles reads what is no ordinary file: none of it may keep the reader
// waiting, and each is told as what it is.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo, loop, closed, huge := filepath.Join(dir, "fifo"), filepath.Join(dir, "loop"), filepath.Join(dir, "closed"), filepath.Join(dir, "huge")
	for _, err := range []error{
		syscall.Mkfifo(fifo, 0o600), os.Symlink("loop", loop), os.WriteFile(closed, nil, 0), os.WriteFile(huge, nil, 0o600), os.Truncate(huge, 300<<20),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	short, err := os.MkdirTemp("", "hp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	socket := filepath.Join(short, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for file, want := range map[string]string{
		fifo: "not an ordinary file", "/dev/zero": "not an ordinary file", socket: "not an ordinary file",
		loop: "lead in a circle", closed: "may not read it", huge: "larger than 1 MB",
	} {
		if file == closed && os.Geteuid() == 0 {
			continue // root may read everything
		}
		_, err := load(Options{File: file}, testPaths)
		if e := cause.From(err); e == nil || e.ID != cause.ConfigInvalid || !strings.Contains(e.Sentence(), want) || !strings.Contains(e.Sentence(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
