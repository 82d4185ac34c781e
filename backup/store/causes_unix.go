//go:build unix

package store

import (
	"errors"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// errnoCause says what the system's number means for a destination.
func errnoCause(err error) (cause.ID, bool) {
	var no unix.Errno
	if !errors.As(err, &no) {
		return "", false
	}
	switch no {
	case unix.ENOSPC, unix.EDQUOT:
		return cause.HostDiskFullDuring, true
	case unix.EFBIG:
		return cause.DestinationFileLimit, true
	case unix.EROFS, unix.EACCES, unix.EPERM:
		return cause.DestinationNotWritable, true
	case unix.EIO:
		return cause.HostIOError, true
	case unix.ENODEV, unix.ENXIO:
		return cause.DestinationMissing, true
	case unix.ESTALE, unix.ETIMEDOUT, unix.EHOSTDOWN:
		return cause.DestinationOffline, true
	case unix.ENAMETOOLONG:
		return cause.PathTooLong, true
	}
	return "", false
}

// canCopyInstead says whether err is about making this one link and not about the
// disk: too many links to one inode, or a kind of file system that has none.
func canCopyInstead(err error) bool {
	for _, no := range []error{unix.EMLINK, unix.EPERM, unix.EXDEV, unix.EOPNOTSUPP, unix.ENOTTY, unix.EINVAL, unix.ENOSYS, errors.ErrUnsupported} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}
