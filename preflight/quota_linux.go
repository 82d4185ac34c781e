package preflight

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// quotaLeft asks how many bytes this account, or its group, may still write on
// the drive of dir; false where no quota bounds it, or the kernel (before 5.14)
// cannot be asked through a folder. Root is bound by none.
func quotaLeft(dir string) (left int64, bounded bool) {
	if os.Geteuid() == 0 {
		return 0, false
	}
	f, err := os.Open(dir)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for kind, id := range []int{os.Geteuid(), os.Getegid()} {
		const getQuota = 0x800007 // Q_GETQUOTA; kind 0 is the user's, 1 the group's
		var q quota
		_, _, no := unix.Syscall6(unix.SYS_QUOTACTL_FD, f.Fd(), uintptr(getQuota<<8|kind), uintptr(id), uintptr(unsafe.Pointer(&q)), 0, 0)
		if no != 0 {
			continue
		}
		if n, ok := q.left(); ok && (!bounded || n < left) {
			left, bounded = n, true
		}
	}
	return left, bounded
}
