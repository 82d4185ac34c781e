package mobilebackup2

import "syscall"

// What the disk says in words of its own system.
const (
	errQuota    = syscall.Errno(1295) // ERROR_DISK_QUOTA_EXCEEDED
	errDiskFull = syscall.Errno(112)  // ERROR_DISK_FULL
	errStale    = syscall.Errno(64)   // ERROR_NETNAME_DELETED
	errHostDown = syscall.Errno(53)   // ERROR_BAD_NETPATH
)
