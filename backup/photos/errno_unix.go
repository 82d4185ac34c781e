//go:build unix

package photos

import (
	"errors"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// errnoCause says what the system's number means for the folder.
func errnoCause(err error) (cause.ID, bool) {
	no, ok := errors.AsType[unix.Errno](err)
	if !ok {
		return "", false
	}
	switch no {
	case unix.ENOSPC, unix.EDQUOT:
		return cause.HostDiskFullDuring, true
	case unix.EFBIG:
		return cause.DestinationFileLimit, true
	case unix.EROFS, unix.EACCES, unix.EPERM, unix.ENOTDIR, unix.ELOOP:
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
