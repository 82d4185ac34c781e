//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// unsafeDestination says why others could change what is stored below dir, or nil: dir must
// belong to this user, and neither it nor a folder above it may be writable by
// everybody without the sticky bit.
func unsafeDestination(dir string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil // opening it tells better
	}
	info, err := os.Lstat(real)
	if err != nil {
		return nil
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("open destination: %s belongs to user %d, not to %d", real, st.Uid, os.Geteuid())
	}
	for {
		info, err := os.Lstat(real)
		if err != nil {
			return nil
		}
		if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("open destination: everybody may write to %s", real)
		}
		up := filepath.Dir(real)
		if up == real {
			return nil
		}
		real = up
	}
}
