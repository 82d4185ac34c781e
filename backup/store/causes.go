package store

import (
	"errors"
	"io/fs"

	"homeport/backup/tree"
	"homeport/cause"
)

// unsafe is the error for a destination in which others could change something.
func unsafe(path, reason string, err error) error {
	return cause.New(cause.DestinationUnsafe, cause.Evidence{"path": path, "reason": reason}, err)
}

// caused gives err the cause that a person can act on. An error that has one
// keeps it, and one that nobody can act on stays as it is.
func caused(err error, path string) error {
	if err == nil {
		return nil
	}
	if _, ok := cause.Of(err); ok {
		return err
	}
	if id, ok := tree.Cause(err); ok {
		return cause.New(id, cause.Evidence{"path": path}, err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return cause.New(cause.DestinationNotWritable, cause.Evidence{"path": path}, err)
	}
	return err
}
