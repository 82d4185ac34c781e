//go:build unix

package store

import (
	"golang.org/x/sys/unix"

	"homeport/cause"
)

var diskErrors = map[error]cause.ID{
	unix.ENOSPC: cause.HostDiskFullDuring,
	unix.EDQUOT: cause.HostDiskFullDuring,
	unix.EIO:    cause.HostIOError,
	unix.EROFS:  cause.DestinationNotWritable,
	unix.ESTALE: cause.DestinationOffline,
	unix.ENODEV: cause.DestinationMissing,
}
