package idevicebackup2

import (
	"errors"
	"io/fs"

	"homeport/backup/tree"
	"homeport/cause"
)

// hostCause names what an error of our own disk means.
func hostCause(err error) cause.ID {
	if id, known := tree.Cause(err); known {
		return id
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cause.DestinationMissing
	case errors.Is(err, fs.ErrPermission):
		return cause.DestinationNotWritable
	}
	return cause.HostIOError
}
