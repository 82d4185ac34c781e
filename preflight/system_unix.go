//go:build unix

package preflight

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// systemCause is what only a destination makes of an error of the system.
func systemCause(err error, dir string) (cause.ID, bool) {
	switch no, _ := errors.AsType[unix.Errno](err); no {
	case unix.EPERM:
		return notPermitted(dir), true
	case unix.ENOTDIR:
		return cause.DestinationMissing, true
	}
	return "", false
}

// exposed says in a few words why others could change what is in dir, a path
// without links: it belongs to somebody else, or everybody may write to it or
// to a folder above it.
func exposed(dir string) string {
	info, err := os.Lstat(dir)
	if err != nil {
		return "" // whoever opens it tells better
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return "it belongs to " + owner(st.Uid)
	}
	for {
		info, err := os.Lstat(dir)
		if err != nil {
			return ""
		}
		if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return "everybody may write to " + dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// owner names an account.
func owner(uid uint32) string {
	number := strconv.FormatUint(uint64(uid), 10)
	u, err := user.LookupId(number)
	switch {
	case err == nil && u.Username != "":
		return "the account " + u.Username
	case errors.As(err, new(user.UnknownUserIdError)):
		return "an account that this computer does not know (number " + number + ")"
	}
	return "another account (number " + number + ")"
}

// isQuota says that an error is about what one account may use.
func isQuota(err error) bool { return errors.Is(err, unix.EDQUOT) }

// maxPath is how long a path can be, in bytes, that other programs can still open.
const maxPath = unix.PathMax
