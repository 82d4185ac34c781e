package idevicebackup2

import (
	"errors"
	"io/fs"
	"syscall"

	"homeport/cause"
)

// hostCause names what an error of our own disk means.
func hostCause(err error) cause.ID {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return cause.HostDiskFullDuring
	case errors.Is(err, fs.ErrNotExist):
		return cause.DestinationMissing
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return cause.DestinationNotWritable
	case errors.Is(err, syscall.ETIMEDOUT):
		return cause.DestinationOffline
	}
	return cause.HostIOError
}
