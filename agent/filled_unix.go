//go:build unix

package agent

import "syscall"

// What a disk may still have when it is called full of files: some that the run
// gave back when it stopped, and space that would be enough for others.
const (
	fewFiles  = 16
	someBytes = 16 << 20
)

// fullOfFiles answers how many files the disk below dir can hold, and whether it
// holds as many. A file system without such a bound reports none.
func fullOfFiles(dir string) (most int64, full bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil || st.Files == 0 {
		return 0, false
	}
	return int64(st.Files), int64(st.Ffree) < fewFiles && int64(st.Bavail)*int64(st.Bsize) > someBytes
}
