//go:build !windows

package mobilebackup2

import "syscall"

// What the disk says in words of its own system.
const (
	errQuota    = syscall.EDQUOT
	errDiskFull = syscall.ENOSPC
)
