//go:build unix

package photos

import "golang.org/x/sys/unix"

// inTheWay are the numbers of something in the folder that is in our way.
var inTheWay = []error{unix.ENOTDIR, unix.ELOOP}
