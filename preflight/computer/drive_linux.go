package computer

import (
	"context"
	"fmt"
	"os"
	"path"

	"homeport/preflight"
)

// maxTable bounds a table of mounts, in bytes.
const maxTable = 4 << 20

func drive(_ context.Context, dir string) (preflight.Drive, error) {
	root := os.DirFS("/")
	table, err := readSome(root, "proc/self/mountinfo", maxTable)
	if err != nil {
		return preflight.Drive{}, fmt.Errorf("read mounts: %w", err)
	}
	fstab, _ := readSome(root, "etc/fstab", maxTable) // not every system has one
	mounts := mountsOfInfo(string(table))
	return driveOf(path.Clean(dir), mounts, append(mountsOfFstab(string(fstab)), removable(dir)...)), nil
}
