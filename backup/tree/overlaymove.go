package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
)

// Remove removes a file, a link or an empty folder. The note comes first: at no
// moment does something come back.
func (d *overlayDir) Remove(name string) error {
	i, upper, err := d.look(name)
	if err != nil {
		return err
	}
	if i.Dir() {
		if err := d.empty(name); err != nil {
			return err
		}
		upper = true // since it was opened
	}
	if err := d.hide(name); err != nil || !upper {
		return err
	}
	if i.Dir() {
		if err := d.dropNotes(name); err != nil {
			return err
		}
	}
	return d.Dir.Remove(name)
}

// empty wants the folder to have nothing that shows.
func (d *overlayDir) empty(name string) error {
	sub, err := d.OpenDir(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	names, err := sub.Names()
	if err == nil && len(names) > 0 {
		err = refused("remove", name, syscall.ENOTEMPTY)
	}
	return err
}

// dropNotes removes the notes in a folder of the upper that goes.
func (d *overlayDir) dropNotes(name string) error {
	sub, err := d.Dir.OpenDir(name)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer sub.Close()
	names, err := sub.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if !IsGone(n) {
			continue
		}
		if err := sub.Remove(n); err != nil {
			return err
		}
	}
	return nil
}

// Rename moves name, and replaces a file or an empty folder.
func (d *overlayDir) Rename(name string, to Dir, newName string) error {
	t, ok := to.(*overlayDir)
	if !ok {
		return refused("rename", name, syscall.EXDEV)
	}
	src, _, err := d.look(name)
	if err != nil {
		return err
	}
	dst, _, err := t.look(newName)
	switch {
	case isNotExist(err):
	case err != nil:
		return err
	case dst.Dir() && !src.Dir():
		return refused("rename", newName, syscall.EISDIR)
	case src.Dir() && !dst.Dir():
		return refused("rename", newName, syscall.ENOTDIR)
	case dst.Dir():
		if err := t.Remove(newName); err != nil { // if it is empty
			return err
		}
	}
	return d.move(name, t, newName, d.Dir.Rename)
}

// RenameNew moves name to a name that is free.
func (d *overlayDir) RenameNew(name string, to Dir, newName string) error {
	t, ok := to.(*overlayDir)
	if !ok {
		return refused("rename", name, syscall.EXDEV)
	}
	if _, _, err := t.look(newName); !isNotExist(err) {
		return either(err, refused("rename", newName, fs.ErrExist))
	}
	return d.move(name, t, newName, d.Dir.RenameNew)
}

// move has all of name in the upper, hides what is below, and renames: what is cut
// short leaves name where it was.
func (d *overlayDir) move(name string, to *overlayDir, newName string, rename func(string, Dir, string) error) error {
	if err := d.raise(name); err != nil {
		return err
	}
	if err := d.hide(name); err != nil {
		return err
	}
	return rename(name, to.Dir, newName)
}

// raise copies into the upper what shows through under a name.
func (d *overlayDir) raise(name string) error {
	_, shows, err := d.below(name)
	if err != nil || !shows {
		return err
	}
	i, upper, err := d.look(name)
	switch {
	case err != nil:
		return err
	case i.Dir():
		return d.raiseDir(name)
	case upper:
		return nil // it hides what is below
	case !i.Regular():
		return refused("move", name, ErrNotRegular)
	}
	return d.raiseFile(name)
}

func (d *overlayDir) raiseDir(name string) error {
	sub, err := d.OpenDir(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	names, err := sub.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := sub.(*overlayDir).raise(n); err != nil {
			return err
		}
	}
	return nil
}

// raiseFile copies one file, under a name that is not whole until it is.
func (d *overlayDir) raiseFile(name string) error {
	const temp = tempPrefix + "raise"
	in, err := d.lower.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := d.Dir.Remove(temp); err != nil && !isNotExist(err) {
		return err
	}
	out, err := d.Dir.Create(temp)
	if err != nil {
		return err
	}
	n, err := io.Copy(onlyWriter{out}, onlyReader{in})
	if err == nil {
		var size int64
		if size, err = out.Size(); err == nil && size != n {
			err = fmt.Errorf("copy %s: %d bytes of %d arrived", name, size, n)
		}
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = d.Dir.Rename(temp, d.Dir, name)
	}
	if err != nil {
		_ = d.Dir.Remove(temp) // or whoever removes what is not whole
	}
	return err
}
