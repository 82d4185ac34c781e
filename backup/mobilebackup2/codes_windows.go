package mobilebackup2

import "syscall"

// What the disk says in words of its own system.
const (
	errQuota    = syscall.Errno(1295) // ERROR_DISK_QUOTA_EXCEEDED
	errDiskFull = syscall.Errno(112)  // ERROR_DISK_FULL
)
