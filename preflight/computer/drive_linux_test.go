package computer

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDriveOfThisComputer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := drive(t.Context(), dir)
	if err != nil || d.Point == "" || d.FileSystem == "" || d.Absent != "" {
		t.Fatalf("got %+v, %v", d, err)
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	point := filepath.Join(dir, `My Disk`)
	if err := os.Mkdir(point, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", point, "tmpfs", unix.MS_RDONLY, "size=64k"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(point, 0) })
	d, err = drive(t.Context(), filepath.Join(point, "backups"))
	if err != nil || d.Point != point || d.FileSystem != "tmpfs" || !d.ReadOnly || d.Broken {
		t.Errorf("got %+v, %v", d, err)
	}
}
