//go:build unix

package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// diskCause says what an error of the system means for a destination.
func diskCause(err error, dir string) (cause.ID, bool) {
	var no unix.Errno
	if !errors.As(err, &no) {
		return "", false
	}
	switch no {
	case unix.ENOSPC, unix.EDQUOT:
		return cause.HostDiskFull, true
	case unix.EFBIG:
		return cause.DestinationFileLimit, true
	case unix.EPERM:
		return notPermitted(dir), true
	case unix.EROFS, unix.EACCES:
		return cause.DestinationNotWritable, true
	case unix.EIO:
		return cause.HostIOError, true
	case unix.ENODEV, unix.ENXIO, unix.ENOTDIR:
		return cause.DestinationMissing, true
	case unix.ESTALE, unix.ETIMEDOUT, unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.ENOTCONN:
		return cause.DestinationOffline, true
	case unix.ENAMETOOLONG:
		return cause.PathTooLong, true
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
		return fmt.Sprintf("it belongs to another account (number %d)", st.Uid)
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
