package tree

import (
	"errors"
	"io/fs"
)

// renameNew moves a file to a name that must be free: by exclusive, which is the
// system's own way, or else by a hard link, which fails in one step too. On file
// systems with neither (FAT behind some drivers) it looks first, and whoever takes
// the name in that moment loses it.
func renameNew(d Dir, name string, to Dir, newName string, exclusive func() error) error {
	err := exclusive()
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	switch err := d.Link(name, to, newName); {
	case err == nil:
		_ = d.Remove(name) // a second name of a whole file; the next run clears it
		return nil
	case isExist(err), isNotExist(err):
		return err
	}
	switch _, err := to.Lstat(newName); {
	case err == nil:
		return &fs.PathError{Op: "rename", Path: newName, Err: fs.ErrExist}
	case !isNotExist(err):
		return err
	}
	return d.Rename(name, to, newName)
}
