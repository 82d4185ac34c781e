package store

import "golang.org/x/sys/unix"

// fileSystem names the kind of file system that a folder is on.
func fileSystem(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return "unknown"
	}
	names := map[int64]string{
		unix.TMPFS_MAGIC: "tmpfs", unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs",
		unix.OVERLAYFS_SUPER_MAGIC: "overlayfs", 0x2011BAB0: "exfat", unix.MSDOS_SUPER_MAGIC: "vfat",
	}
	if name, ok := names[int64(st.Type)]; ok {
		return name
	}
	return "another"
}
