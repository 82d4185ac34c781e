//go:build unix

package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"golang.org/x/sys/unix"

	"homeport/cause"
)

func TestCause(t *testing.T) {
	t.Parallel()
	for no, want := range map[unix.Errno]cause.ID{
		unix.ENOSPC: cause.HostDiskFullDuring, unix.EDQUOT: cause.HostDiskFullDuring, unix.EFBIG: cause.DestinationFileLimit,
		unix.EROFS: cause.DestinationNotWritable, unix.EACCES: cause.DestinationNotWritable, unix.EIO: cause.HostIOError,
		unix.ENXIO: cause.DestinationMissing, unix.ESTALE: cause.DestinationOffline, unix.ENETUNREACH: cause.DestinationOffline, unix.ENAMETOOLONG: cause.PathTooLong,
		unix.EBUSY: cause.FileLocked, unix.EMFILE: cause.Unknown, unix.ENOENT: "", unix.EINVAL: "",
	} {
		err := fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x", Err: no})
		if id, known := Cause(err); id != want || known != (want != "") {
			t.Errorf("%v: %q %t, want %q", no, id, known, want)
		}
	}
	if id, known := Cause(errors.New("no number")); known {
		t.Errorf("of nothing: %q", id)
	}
}
