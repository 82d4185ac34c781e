package tree

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// writebackStep is how many bytes of one file gather before the kernel is asked
// to begin writing them, so that the barrier at the end has little left to wait
// for. It is asked, not waited for.
const writebackStep = 8 << 20

func (f *unixFile) startWriteback() {
	if f.n-f.begun < writebackStep {
		return
	}
	// A file system that cannot do it loses nothing.
	_ = unix.SyncFileRange(f.fd, f.begun, f.n-f.begun, unix.SYNC_FILE_RANGE_WRITE)
	f.begun = f.n
}

// settle has nothing to do: syncfs finds the bytes at the barrier.
func settle(int) error { return nil }

func syncFile(fd int) error   { return unix.Fsync(fd) }
func syncDir(fd int) error    { return unix.Fsync(fd) }
func syncVolume(fd int) error { return unix.Syncfs(fd) }

// renameExclusive renames unless the new name is taken. File systems that cannot
// (some network ones) say EINVAL.
func renameExclusive(from int, name string, to int, newName string) error {
	err := unix.Renameat2(from, name, to, newName, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP {
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}

// freeBytes counts in f_frsize, since f_bavail is in that unit; f_bsize is
// another number on network file systems.
func freeBytes(fd int) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return 0, err
	}
	size := st.Frsize
	if size <= 0 {
		size = st.Bsize
	}
	return int64(st.Bavail) * size, nil
}

// cloneAt shares the blocks of a file by FICLONE (btrfs, xfs, bcachefs, and
// others). The kernel's ways of saying "not here" become errors.ErrUnsupported.
func cloneAt(from int, name string, to int, newName string) error {
	src, err := openat(from, name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, err := openat(to, newName, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	err = unix.IoctlFileClone(dst, src)
	if cerr := unix.Close(dst); err == nil {
		err = cerr
	}
	if err == nil {
		return nil
	}
	_ = unix.Unlinkat(to, newName, 0)
	for _, no := range []error{unix.EOPNOTSUPP, unix.ENOTTY, unix.EXDEV, unix.EINVAL, unix.ENOSYS} {
		if err == no {
			return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
		}
	}
	return err
}

// uncache lets go of the pages of a file that are in memory; those not yet written
// stay.
func (f *unixFile) uncache() { _ = unix.Fadvise(f.fd, 0, 0, unix.FADV_DONTNEED) }
