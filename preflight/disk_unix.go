//go:build unix

package preflight

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/shirou/gopsutil/v3/disk"
)

// Volume asks the system. The free bytes leave out what is kept for root. On
// macOS space that could be purged counts as taken.
func (HostDisk) Volume(dir string) (Volume, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return Volume{}, fmt.Errorf("find drive: %w", err)
	}
	usage, err := disk.Usage(real)
	if err != nil {
		return Volume{}, fmt.Errorf("measure drive: %w", err)
	}
	v := Volume{FileSystem: usage.Fstype, Free: int64(usage.Free), Total: int64(usage.Total)}
	// Usage tells ext4 as "ext2/ext3"; the list of mounts has the true name.
	list, err := disk.Partitions(true)
	if err != nil {
		return v, nil
	}
	mounts := make([]mount, len(list))
	for i, p := range list {
		mounts[i] = mount{p.Mountpoint, p.Fstype}
	}
	if m := mountOf(mounts, real); m.point != "" {
		v.FileSystem, v.Name = m.fileSystem, volumeName(m.point)
	}
	v.Network = slices.Contains(networkTypes, v.FileSystem)
	return v, nil
}
