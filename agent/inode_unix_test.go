//go:build unix

package agent

import (
	"io/fs"
	"syscall"
)

func inode(i fs.FileInfo) uint64 { return uint64(i.Sys().(*syscall.Stat_t).Ino) }
