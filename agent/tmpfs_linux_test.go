package agent

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/simulator"
)

// TestFullDisk fills a small disk under a backup. It is told as that, and the
// earlier version is what it was.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Files, spec.Bytes = 300, 6<<20
	spec.Disk = simulator.Disk{Total: 1 << 30, Available: 1<<30 - 20<<20}
	w := newWorld(t, spec)
	w.dest = filepath.Join(tmpfs(t, "size=256m"), "backups")
	w.configure(t, nil)
	st, err := store.Create(w.dest, store.Options{})
	must(t, err)
	must(t, st.Close())
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	published := w.versions(t, udidAnna)[0]
	before := fingerprint(t, published.Path)
	w.phone.Modify(200)
	held := w.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 1 << 20})[0]
	done := make(chan Outcome)
	go func() { done <- w.backup(t, Request{Full: true}) }()
	<-held.Done()
	filler := filepath.Join(filepath.Dir(w.dest), "filler")
	fill(t, filler)
	held.Cancel()
	o := <-done
	if id, _ := cause.Of(o.Err); id != cause.HostDiskFullDuring {
		t.Errorf("%s: %v", id, o.Err)
	}
	if !maps.Equal(before, fingerprint(t, published.Path)) {
		t.Error("the earlier version is not what it was")
	}
	must(t, os.Remove(filler))
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	w.prove(t, udidAnna)
}

// TestNoMoreFiles backs up onto a disk that has space, but holds no more files.
func TestNoMoreFiles(t *testing.T) {
	t.Parallel()
	spec := quick(udidAnna)
	spec.Files, spec.Bytes = 300, 3<<20
	spec.Disk = simulator.Disk{Total: 1 << 30, Available: 1<<30 - 20<<20}
	w := newWorld(t, spec)
	w.dest = filepath.Join(tmpfs(t, "size=256m,nr_inodes=150"), "backups")
	w.configure(t, nil)
	st, err := store.Create(w.dest, store.Options{})
	must(t, err)
	must(t, st.Close())
	w.phone.Attach()
	o := w.backup(t, Request{})
	e := cause.From(o.Err)
	if e == nil || e.ID != cause.HostDiskFullDuring || !strings.Contains(e.Sentence(), "holds as many files as it can (150), although it has free space") {
		t.Errorf("%v", o.Err)
	}
}

// tmpfs mounts a file system of its own, which only root may.
func tmpfs(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, size); err != nil {
		t.Skipf("mounting needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("something holds the disk: %v", err)
			_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		}
	})
	return dir
}

// fill writes a file until nothing fits any more.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
}
