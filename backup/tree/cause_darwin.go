package tree

import "golang.org/x/sys/unix"

// broken says that the disk itself reports an error: EDEVERR is one that it could
// not mend.
func broken(no unix.Errno) bool { return no == unix.EIO || no == unix.EDEVERR }
