//go:build unix

package tree

import (
	"errors"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// Cause says what the system's number in an error of a disk means for the folder
// that is written to; false when it has none, or one that says nothing about the
// folder.
func Cause(err error) (cause.ID, bool) {
	no, ok := errors.AsType[unix.Errno](err)
	if !ok {
		return "", false
	}
	if broken(no) {
		return cause.HostIOError, true
	}
	switch no {
	case unix.ENOSPC, unix.EDQUOT:
		return cause.HostDiskFullDuring, true
	case unix.EFBIG:
		return cause.DestinationFileLimit, true
	case unix.EROFS, unix.EACCES, unix.EPERM:
		return cause.DestinationNotWritable, true
	case unix.ENODEV, unix.ENXIO:
		return cause.DestinationMissing, true
	case unix.ESTALE, unix.ETIMEDOUT, unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN, unix.ENOTCONN:
		return cause.DestinationOffline, true
	case unix.ENAMETOOLONG:
		return cause.PathTooLong, true
	case unix.EBUSY:
		return cause.FileLocked, true
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		return cause.Unknown, true // this computer's limits: nothing is wrong with the drive
	}
	return "", false
}
