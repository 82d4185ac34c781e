package tree

import "golang.org/x/sys/unix"

// broken says that the disk itself reports an error: EUCLEAN is a file system that
// has to be checked, EREMOTEIO a USB disk that answers wrongly.
func broken(no unix.Errno) bool {
	return no == unix.EIO || no == unix.EUCLEAN || no == unix.EREMOTEIO
}
