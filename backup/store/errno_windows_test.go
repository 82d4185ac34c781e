package store

import (
	"golang.org/x/sys/windows"

	"homeport/cause"
)

var diskErrors = map[error]cause.ID{
	windows.ERROR_DISK_FULL:     cause.HostDiskFullDuring,
	windows.ERROR_CRC:           cause.HostIOError,
	windows.ERROR_WRITE_PROTECT: cause.DestinationNotWritable,
}
