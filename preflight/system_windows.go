package preflight

import (
	"errors"

	"golang.org/x/sys/windows"

	"homeport/cause"
)

// systemCause is what only a destination makes of an error of the system.
func systemCause(err error, _ string) (cause.ID, bool) {
	if no, _ := errors.AsType[windows.Errno](err); no == windows.ERROR_PATH_NOT_FOUND {
		return cause.DestinationMissing, true
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
