//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// whyUnsafe says why others could change what is stored below dir, or "": dir must
// belong to this user, and neither it nor a folder above it may be writable by
// everybody without the sticky bit.
func whyUnsafe(dir string) string {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "" // opening it tells better
	}
	info, err := os.Lstat(real)
	if err != nil {
		return ""
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fmt.Sprintf("%s belongs to %s", real, owner(st.Uid))
	}
	for {
		info, err := os.Lstat(real)
		if err != nil {
			return ""
		}
		if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Sprintf("everybody may write to %s", real)
		}
		up := filepath.Dir(real)
		if up == real {
			return ""
		}
		real = up
	}
}

// owner names an account as a person knows it.
func owner(uid uint32) string {
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil && u.Username != "" {
		return u.Username
	}
	return "another user"
}
