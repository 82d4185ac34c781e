package computer

import (
	"context"
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"homeport/preflight"
)

// drive asks the kernel for what it knows already, so that a share that hangs is
// not waited for.
func drive(_ context.Context, dir string) (preflight.Drive, error) {
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return preflight.Drive{}, fmt.Errorf("count mounts: %w", err)
	}
	table := make([]unix.Statfs_t, min(n+16, maxMounts))
	if n, err = unix.Getfsstat(table, unix.MNT_NOWAIT); err != nil {
		return preflight.Drive{}, fmt.Errorf("read mounts: %w", err)
	}
	var mounts []mounted
	for i := range table[:min(n, len(table))] {
		s := &table[i]
		m := mounted{
			point: unix.ByteSliceToString(s.Mntonname[:]), fileSystem: unix.ByteSliceToString(s.Fstypename[:]),
			source: unix.ByteSliceToString(s.Mntfromname[:]), options: []string{"rw"},
		}
		if s.Flags&unix.MNT_RDONLY != 0 {
			m.options = []string{"ro"}
		}
		mounts = append(mounts, m)
	}
	dir = path.Clean(dir)
	d := driveOf(dir, mounts, removable(dir))
	// What the system itself keeps in /Volumes are links to its own drive.
	if info, err := os.Lstat(d.Absent); d.Absent != "" && err == nil && info.Mode()&os.ModeSymlink != 0 {
		d.Absent = ""
	}
	return d, nil
}
