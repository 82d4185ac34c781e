//go:build unix

package treetest

import (
	"fmt"
	"io/fs"
	"syscall"
)

// inode names the file behind a name; "" when the system does not tell.
func inode(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d-%d", st.Dev, st.Ino)
}
