package photos

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"homeport/cause"
	"homeport/simulator"
)

// TestDiskFillsUp has another program fill a real disk under a copy: it is told as
// that, with what was copied, and the next run goes on from there.
func TestDiskFillsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Photos{Count: 8, Size: 1 << 20})
	if err := syscall.Mount("tmpfs", w.dir, "tmpfs", 0, "size=84m"); err != nil {
		t.Skipf("mounting needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(w.dir, 0); err != nil {
			t.Errorf("something holds the disk: %v", err)
			_ = syscall.Unmount(w.dir, syscall.MNT_DETACH)
		}
	})
	job := w.job()
	job.FS = nil
	c, err := Open(job)
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(w.dir, "filler")
	var once atomic.Bool
	first, err := c.Copy(t.Context(), w.files(), func(p Progress) {
		if p.Step == Copying && p.Files == 3 && !once.Swap(true) {
			fill(t, filler)
		}
	})
	if !is(err, cause.HostDiskFullDuring) || first.New != 3 || cause.From(err).Evidence["received"] != cause.Bytes(first.Bytes) {
		t.Errorf("%+v, %v", first, err)
	}
	// The disk may be too full even for the record: that is told as well.
	if err := c.Close(); err != nil && !is(err, cause.HostDiskFullDuring) {
		t.Error(err)
	}
	w.whole(map[string]string{"filler": readAll(t, filler)})
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	second, err := copyWith(t, job, w.files())
	if err != nil || second.Here != 3 || second.New != 5 {
		t.Errorf("%+v, %v", second, err)
	}
	w.whole(nil)
	w.sha256sum()
}

func readAll(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// fill writes a file until nothing fits any more.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
}
