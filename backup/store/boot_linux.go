package store

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// bootID names this start of the system and this mounting of the file system at
// path: as long as both last, what was written and not synced is in the kernel's
// memory. A drive that was pulled, or that its kernel gave up after an error, comes
// back without it, though the computer never stopped. It is empty when the system
// does not tell.
func bootID(path string) string {
	boot := systemBoot()
	mount, ok := mountID(path)
	if !ok || boot == "" {
		return ""
	}
	return boot + mount
}

// systemBoot names this start of the system alone.
func systemBoot() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// mountID tells one mounting of a file system from the next. Numbers that are never
// given twice are there from Linux 6.8 on; before, only the system's own file
// system is known to stay.
func mountID(path string) (string, bool) {
	var at, root unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_MNT_ID_UNIQUE, &at); err != nil {
		return "", false
	}
	if at.Mask&unix.STATX_MNT_ID_UNIQUE != 0 {
		return "/" + strconv.FormatUint(at.Mnt_id, 16), true
	}
	if err := unix.Statx(unix.AT_FDCWD, "/", 0, unix.STATX_BASIC_STATS, &root); err != nil {
		return "", false
	}
	return "", at.Dev_major == root.Dev_major && at.Dev_minor == root.Dev_minor
}
