package tree

import (
	"errors"

	"golang.org/x/sys/windows"

	"homeport/cause"
)

// Cause says what the system's number in an error of a disk means for the folder
// that is written to; false when it has none, or one that says nothing about the
// folder.
func Cause(err error) (cause.ID, bool) {
	no, ok := errors.AsType[windows.Errno](err)
	if !ok {
		return "", false
	}
	switch no {
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED:
		return cause.HostDiskFullDuring, true
	case windows.ERROR_FILE_TOO_LARGE:
		return cause.DestinationFileLimit, true
	case windows.ERROR_WRITE_PROTECT, windows.ERROR_ACCESS_DENIED:
		return cause.DestinationNotWritable, true
	case windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION:
		return cause.FileLocked, true
	case windows.ERROR_CRC, windows.ERROR_IO_DEVICE:
		return cause.HostIOError, true
	case windows.ERROR_NOT_READY, windows.ERROR_DEV_NOT_EXIST, windows.ERROR_NO_SUCH_DEVICE, windows.ERROR_DEVICE_NOT_CONNECTED, windows.ERROR_DEVICE_REMOVED:
		return cause.DestinationMissing, true
	case windows.ERROR_BAD_NETPATH, windows.ERROR_NETNAME_DELETED, windows.ERROR_BAD_NET_NAME, windows.ERROR_SEM_TIMEOUT, windows.ERROR_NETWORK_UNREACHABLE:
		return cause.DestinationOffline, true
	case windows.ERROR_FILENAME_EXCED_RANGE:
		return cause.PathTooLong, true
	case windows.ERROR_VIRUS_INFECTED, windows.ERROR_VIRUS_DELETED:
		return cause.WriteBlockedBySecuritySoftware, true
	}
	return "", false
}
