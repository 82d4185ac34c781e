package preflight

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

// notPermitted is what EPERM means here: an immutable folder, or a mount that
// forbids it.
func notPermitted(string) cause.ID { return cause.DestinationNotWritable }

// cloneFile makes dst a clone of src that shares its blocks (btrfs, XFS).
func cloneFile(src, dst string) error {
	from, err := os.Open(src)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(unix.IoctlFileClone(int(to.Fd()), int(from.Fd())), to.Close())
}
