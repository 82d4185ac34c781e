package tree

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// startWriteback is for systems that leave all writing to the barrier.
func (f *unixFile) startWriteback() {}

// settle hands the bytes to the drive. macOS has no syncfs: a plain fsync per
// file is cheap there, and the one F_FULLFSYNC of the barrier makes all of them
// durable.
func settle(fd int) error { return unix.Fsync(fd) }

func syncFile(fd int) error { return fullSync(fd) }

// syncDir and syncVolume are the full flush: APFS orders its metadata, and the
// drive is told once to empty its cache.
func syncDir(fd int) error    { return fullSync(fd) }
func syncVolume(fd int) error { return fullSync(fd) }

// fullSync falls back to fsync on volumes, network ones for example, that do not
// know F_FULLFSYNC.
func fullSync(fd int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_FULLFSYNC, 0)
	if err == unix.ENOTSUP || err == unix.EINVAL || err == unix.ENOTTY {
		err = unix.Fsync(fd)
	}
	return err
}

// renameExclusive renames unless the new name is taken.
func renameExclusive(from int, name string, to int, newName string) error {
	err := unix.RenameatxNp(from, name, to, newName, unix.RENAME_EXCL)
	if err == unix.ENOTSUP || err == unix.EINVAL {
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}

func freeBytes(fd int) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// cloneAt is clonefileat, which APFS has; CLONE_NOFOLLOW refuses to look through
// a link.
func cloneAt(from int, name string, to int, newName string) error {
	err := unix.Clonefileat(from, name, to, newName, unix.CLONE_NOFOLLOW)
	if err == unix.ENOTSUP || err == unix.EXDEV {
		return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}

// uncache has reads of the file go past the memory.
func (f *unixFile) uncache() { _, _ = unix.FcntlInt(uintptr(f.fd), unix.F_NOCACHE, 1) }
