package treetest

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"homeport/backup/tree"
)

// Limits are what a file system has not.
type Limits struct {
	NoLinks    bool  // hard links (exFAT, FAT32, many shares)
	NoSymlinks bool  // symbolic links
	NoReflinks bool  // copies that share blocks
	NoReplace  bool  // renames over a file that is there (some FUSE drivers)
	FoldCase   bool  // names that differ only in case are one (macOS, Windows, exFAT)
	MaxFile    int64 // bytes of one file, as the 4 GiB of FAT32; 0 is without limit
	MaxLinks   int   // names of one file; 0 is without limit
}

// Limited is under with less.
func Limited(under tree.FS, l Limits) tree.FS { return &limitedFS{under, l} }

type limitedFS struct {
	under tree.FS
	Limits
}

// OpenDir opens a folder of the file system underneath.
func (f *limitedFS) OpenDir(path string) (tree.Dir, error) {
	d, err := f.under.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &limitedDir{d, f}, nil
}

type limitedDir struct {
	tree.Dir
	fs *limitedFS
}

// real is how a name that is there is spelled.
func (d *limitedDir) real(name string) string {
	if !d.fs.FoldCase {
		return name
	}
	if _, err := d.Dir.Lstat(name); err == nil {
		return name
	}
	names, _ := d.Dir.Names()
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n
		}
	}
	return name
}

func (d *limitedDir) taken(name string) bool {
	_, err := d.Dir.Lstat(d.real(name))
	return err == nil
}

func refuse(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

func (d *limitedDir) OpenDir(name string) (tree.Dir, error) {
	sub, err := d.Dir.OpenDir(d.real(name))
	if err != nil {
		return nil, err
	}
	return &limitedDir{sub, d.fs}, nil
}

func (d *limitedDir) Mkdir(name string) error { return d.Dir.Mkdir(d.real(name)) }

func (d *limitedDir) Create(name string) (tree.File, error) {
	f, err := d.Dir.Create(d.real(name))
	if err != nil {
		return nil, err
	}
	return &limitedFile{File: f, left: d.fs.MaxFile, name: name}, nil
}

func (d *limitedDir) Open(name string) (tree.File, error)  { return d.Dir.Open(d.real(name)) }
func (d *limitedDir) Lstat(name string) (tree.Info, error) { return d.Dir.Lstat(d.real(name)) }
func (d *limitedDir) Remove(name string) error             { return d.Dir.Remove(d.real(name)) }
func (d *limitedDir) Readlink(name string) (string, error) { return d.Dir.Readlink(d.real(name)) }

func (d *limitedDir) Rename(name string, to tree.Dir, newName string) error {
	return d.move(name, to, newName, d.Dir.Rename)
}

// RenameNew has no way of its own where names are folded: the system below would
// take a twin for a free name.
func (d *limitedDir) RenameNew(name string, to tree.Dir, newName string) error {
	if t, ok := to.(*limitedDir); ok && t.taken(newName) {
		return refuse("rename", newName, fs.ErrExist)
	}
	return d.move(name, to, newName, d.Dir.RenameNew)
}

func (d *limitedDir) move(name string, to tree.Dir, newName string, do func(string, tree.Dir, string) error) error {
	t, ok := to.(*limitedDir)
	if !ok {
		return errors.New("rename: folders of two file systems")
	}
	over := t.real(newName)
	if over == d.real(name) && t == d {
		return do(over, t.Dir, newName) // only the spelling changes
	}
	if d.fs.NoReplace && t.taken(newName) {
		return refuse("rename", newName, fs.ErrExist)
	}
	return do(d.real(name), t.Dir, over)
}

func (d *limitedDir) Link(name string, to tree.Dir, newName string) error {
	t, ok := to.(*limitedDir)
	switch {
	case !ok:
		return errors.New("link: folders of two file systems")
	case d.fs.NoLinks:
		return refuse("link", newName, syscall.EPERM)
	}
	if info, err := d.Lstat(name); err == nil && d.fs.MaxLinks > 0 && info.Links >= uint64(d.fs.MaxLinks) {
		return refuse("link", newName, syscall.EMLINK)
	}
	return d.Dir.Link(d.real(name), t.Dir, t.real(newName))
}

func (d *limitedDir) Clone(name string, to tree.Dir, newName string) error {
	t, ok := to.(*limitedDir)
	switch {
	case !ok:
		return errors.New("clone: folders of two file systems")
	case d.fs.NoReflinks:
		return fmt.Errorf("clone %s: %w", newName, errors.ErrUnsupported)
	}
	return d.Dir.Clone(d.real(name), t.Dir, t.real(newName))
}

func (d *limitedDir) Symlink(target, name string) error {
	if d.fs.NoSymlinks {
		return refuse("symlink", name, syscall.EPERM)
	}
	return d.Dir.Symlink(target, d.real(name))
}

// limitedFile takes so many bytes more; without a limit left is 0 from the start.
type limitedFile struct {
	tree.File
	left int64
	name string
	full bool
}

func (f *limitedFile) Write(p []byte) (int, error) {
	switch {
	case f.full:
		return 0, refuse("write", f.name, syscall.EFBIG)
	case f.left == 0:
		return f.File.Write(p)
	case int64(len(p)) < f.left:
		n, err := f.File.Write(p)
		f.left -= int64(n)
		return n, err
	}
	n, err := f.File.Write(p[:f.left])
	if f.full = true; err == nil && n < len(p) {
		err = refuse("write", f.name, syscall.EFBIG)
	}
	return n, err
}

// Points is how far the disk underneath has come, if it is a Disk; see there.
func (f *limitedFS) Points() int {
	if d, ok := f.under.(interface{ Points() int }); ok {
		return d.Points()
	}
	return 0
}
