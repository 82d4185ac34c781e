package preflight

import (
	"errors"

	"golang.org/x/sys/windows"

	"homeport/cause"
)

// diskCause says what an error of the system means for a destination.
func diskCause(err error, _ string) (cause.ID, bool) {
	var no windows.Errno
	if !errors.As(err, &no) {
		return "", false
	}
	switch no {
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED:
		return cause.HostDiskFull, true
	case windows.ERROR_WRITE_PROTECT:
		return cause.DestinationNotWritable, true
	case windows.ERROR_VIRUS_INFECTED:
		return cause.WriteBlockedBySecuritySoftware, true
	case windows.ERROR_BAD_NETPATH, windows.ERROR_NETNAME_DELETED, windows.ERROR_BAD_NET_NAME, windows.ERROR_NETWORK_UNREACHABLE:
		return cause.DestinationOffline, true
	case windows.ERROR_NOT_READY, windows.ERROR_PATH_NOT_FOUND:
		return cause.DestinationMissing, true
	case windows.ERROR_CRC, windows.ERROR_IO_DEVICE:
		return cause.HostIOError, true
	case windows.ERROR_FILENAME_EXCED_RANGE:
		return cause.PathTooLong, true
	}
	return "", false
}

// exposed would have to read access lists; a folder inherits its parent's, which
// in a user's profile are closed to others.
func exposed(string) string { return "" }

// cloneFile is only there on ReFS, which has hard links too.
func cloneFile(string, string) error { return errors.ErrUnsupported }

// isQuota says that an error is about what one account may use.
func isQuota(err error) bool { return errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) }

// maxPath is how long a path can be. Go writes long paths in the form that has
// this limit, not in the one that ends at 260.
const maxPath = windows.MAX_LONG_PATH
