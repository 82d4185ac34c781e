package backuptest

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of n bytes until the test ends.
func smallDisk(t testing.TB, n int64) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a small disk needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.FormatInt(n, 10)); err != nil {
		t.Skipf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unmount(dir); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// unmountLimit is how long a disk may be busy: a program that another test starts has our
// files until it runs. What is busy for longer was left open.
const unmountLimit = 5 * time.Second

func unmount(dir string) error {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(unmountLimit); ; <-pause.C {
		if err := syscall.Unmount(dir, 0); err != syscall.EBUSY || time.Now().After(end) {
			return err
		}
	}
}
