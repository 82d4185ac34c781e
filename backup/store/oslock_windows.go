package store

import (
	"errors"

	"golang.org/x/sys/windows"
)

// hasNoLocks says whether err, of a lock that was tried, means that the file system
// has none: some network shares and drivers.
func hasNoLocks(err error) bool {
	for _, no := range []error{windows.ERROR_INVALID_FUNCTION, windows.ERROR_NOT_SUPPORTED, errors.ErrUnsupported} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// heldOpen says whether a folder was not renamed because a file in it is open.
func heldOpen(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}
