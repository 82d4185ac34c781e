package store

import (
	"errors"

	"golang.org/x/sys/windows"

	"homeport/cause"
)

// errnoCause says what the system's number means for a destination.
func errnoCause(err error) (cause.ID, bool) {
	var no windows.Errno
	if !errors.As(err, &no) {
		return "", false
	}
	switch no {
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL:
		return cause.HostDiskFullDuring, true
	case windows.ERROR_WRITE_PROTECT, windows.ERROR_ACCESS_DENIED:
		return cause.DestinationNotWritable, true
	case windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION:
		return cause.FileLocked, true
	case windows.ERROR_CRC, windows.ERROR_IO_DEVICE:
		return cause.HostIOError, true
	case windows.ERROR_NOT_READY, windows.ERROR_DEV_NOT_EXIST:
		return cause.DestinationMissing, true
	case windows.ERROR_BAD_NETPATH, windows.ERROR_NETNAME_DELETED:
		return cause.DestinationOffline, true
	}
	return "", false
}

// canCopyInstead says whether err is about making this one link and not about the
// disk: NTFS allows 1023 links to a file, and some file systems none.
func canCopyInstead(err error) bool {
	for _, no := range []error{windows.ERROR_TOO_MANY_LINKS, windows.ERROR_NOT_SUPPORTED, windows.ERROR_INVALID_FUNCTION, windows.ERROR_NOT_SAME_DEVICE, errors.ErrUnsupported} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}
