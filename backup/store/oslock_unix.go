//go:build unix

package store

import (
	"errors"

	"golang.org/x/sys/unix"
)

// hasNoLocks says whether err, of a lock that was tried, means that the file system
// has none: some network shares and FUSE file systems.
func hasNoLocks(err error) bool {
	for _, no := range []error{unix.ENOLCK, unix.ENOTSUP, unix.EOPNOTSUPP, unix.ENOSYS, unix.EINVAL, errors.ErrUnsupported} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// heldOpen says whether a folder was not renamed because a file in it is open.
func heldOpen(err error) bool { return errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ETXTBSY) }
