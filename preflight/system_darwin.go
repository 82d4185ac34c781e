package preflight

import (
	"strings"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// notPermitted is what EPERM means here: in Apple's own backup folder it is the
// system's privacy protection, which no folder right can lift.
func notPermitted(dir string) cause.ID {
	if strings.Contains(dir, "/Library/Application Support/MobileSync") {
		return cause.FullDiskAccessMissing
	}
	return cause.DestinationNotWritable
}

// cloneFile makes dst a clone of src that shares its blocks (APFS).
func cloneFile(src, dst string) error { return unix.Clonefile(src, dst, unix.CLONE_NOFOLLOW) }
