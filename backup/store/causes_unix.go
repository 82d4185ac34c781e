//go:build unix

package store

import (
	"errors"

	"golang.org/x/sys/unix"
)

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
