package agent

import (
	"errors"
	"maps"
	"syscall"

	"homeport/cause"
)

// filled adds to the error of a disk that is full that it is full of files and not
// of bytes, where that is so: people would look for the missing space in vain.
func filled(dest string, err error) error {
	if id, _ := cause.Of(err); id != cause.HostDiskFullDuring {
		return err
	}
	most, full := fullOfFiles(dest)
	if !full {
		return err
	}
	ev := cause.Evidence{"maxFiles": most}
	maps.Copy(ev, cause.From(err).Evidence)
	return cause.New(cause.HostDiskFullDuring, ev, err)
}

// soured names what a disk is that took a run's first files, and can only be read now: its
// system has stopped writing to it, as it does when the drive fails.
func soured(dest string, err error) error {
	if id, _ := cause.Of(err); id != cause.DestinationNotWritable || !errors.Is(err, syscall.EROFS) {
		return err
	}
	return cause.New(cause.HostIOError, cause.Evidence{"stopped": dest}, err)
}
