//go:build unix

package agent

import (
	"strconv"
	"syscall"
)

// volumeOf names the volume that a folder is on. Folders of one volume have one name,
// and one that cannot be looked at has its own.
func volumeOf(path string) string {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return path
	}
	return "device " + strconv.FormatUint(uint64(st.Dev), 10)
}
