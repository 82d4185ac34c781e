package agent

import (
	"maps"

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
