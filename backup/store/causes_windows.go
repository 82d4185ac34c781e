package store

import (
	"errors"

	"golang.org/x/sys/windows"
)

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
