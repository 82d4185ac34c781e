package tree

import (
	"errors"
	"io/fs"
)

// ErrNotRegular says that a regular file was wanted and something else has the
// name: a link, a FIFO, a device.
var ErrNotRegular = errors.New("not a regular file")

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
func isExist(err error) bool    { return errors.Is(err, fs.ErrExist) }
