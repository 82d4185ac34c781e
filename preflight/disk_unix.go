//go:build unix

package preflight

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/shirou/gopsutil/v3/disk"
)

// Volume asks the system. The free bytes leave out what is kept for root, and what
// is beyond this account's quota. On macOS space that could be purged counts as
// taken.
func (HostDisk) Volume(dir string) (Volume, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return Volume{}, fmt.Errorf("find drive: %w", err)
	}
	usage, err := disk.Usage(real)
	if err != nil {
		return Volume{}, fmt.Errorf("measure drive: %w", err)
	}
	v := Volume{FileSystem: usage.Fstype, Free: int64(usage.Free), Total: int64(usage.Total),
		MaxFiles: int64(usage.InodesTotal), FreeFiles: int64(usage.InodesFree)}
	if left, bounded := quotaLeft(real); bounded && left < v.Free {
		v.Free, v.Quota = left, true
	}
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
	if v.FileSystem == "fuseblk" {
		v.FileSystem = "" // a program stands for it: NTFS or exFAT, nobody tells which
	}
	v.Network = slices.Contains(networkTypes, v.FileSystem)
	return v, nil
}
