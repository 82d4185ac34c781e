package tree

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
)

// gonePrefix begins the name of an empty file that says that what has the rest of the
// name in the folder below is gone. Parse refuses it, as it does tempPrefix.
const gonePrefix = ".hp-gone-"

// IsGone tells whether name (a last component) is a note of an Overlay that
// something below is gone.
func IsGone(name string) bool { return strings.HasPrefix(name, gonePrefix) }

// Overlay gives a file system like under in which the folder below shows through
// dir/name: what is read there is what dir/name holds, and where that has nothing,
// what below holds. Everything that changes is made in dir/name; below is never
// written to. What is removed is noted beside it, in dir, by an empty file each, so
// that all of an overlay's state is files, durable by the same barriers.
//
// A name in dir hides the same name below; two folders become one. What is only
// below and moved is copied up first. There are no links and no clones.
func Overlay(under FS, dir, name, below string) FS {
	return &overlayFS{under, filepath.Clean(dir), name, below}
}

type overlayFS struct {
	under            FS
	dir, name, below string
}

// OpenDir opens a folder of the host; dir and dir/name as Overlay says.
func (f *overlayFS) OpenDir(path string) (Dir, error) {
	d, err := f.under.OpenDir(path)
	if err != nil {
		return nil, err
	}
	var lower Dir
	switch filepath.Clean(path) {
	case f.dir:
		lower, err = f.above()
	case filepath.Join(f.dir, f.name):
		lower, err = f.under.OpenDir(f.below)
	default:
		return d, nil
	}
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	return &overlayDir{Dir: d, lower: lower}, nil
}

// above is a folder that holds below under the overlay's name, and nothing else.
func (f *overlayFS) above() (Dir, error) {
	up, err := f.under.OpenDir(filepath.Dir(f.below))
	if err != nil {
		return nil, err
	}
	return &onlyDir{up, f.name, filepath.Base(f.below)}, nil
}

// onlyDir shows one sub-folder of a folder, under another name, for reading.
type onlyDir struct {
	Dir
	name, real string
}

func (d *onlyDir) OpenDir(name string) (Dir, error) {
	if name != d.name {
		return nil, missing("open folder", name)
	}
	return d.Dir.OpenDir(d.real)
}

func (d *onlyDir) Lstat(name string) (Info, error) {
	if name != d.name {
		return Info{}, missing("look at", name)
	}
	return d.Dir.Lstat(d.real)
}

func (d *onlyDir) Names() ([]string, error) { return []string{d.name}, nil }

func missing(op, name string) error { return refused(op, name, fs.ErrNotExist) }

func refused(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

// overlayDir is two folders seen as one. The embedded one is the upper.
type overlayDir struct {
	Dir
	lower Dir // nil when nothing shows through
}

// below describes what shows through under a name, looking only at the folder below.
func (d *overlayDir) below(name string) (i Info, shows bool, err error) {
	if d.lower == nil || IsTemp(name) {
		return i, false, nil
	}
	i, err = d.lower.Lstat(name)
	if err != nil {
		if isNotExist(err) {
			err = nil
		}
		return i, false, err
	}
	_, err = d.Dir.Lstat(gonePrefix + name)
	if isNotExist(err) {
		return i, true, nil
	}
	return i, false, err
}

// look describes what has a name in the two folders, and says whether the upper has it.
func (d *overlayDir) look(name string) (i Info, upper bool, err error) {
	i, err = d.Dir.Lstat(name)
	if !isNotExist(err) {
		return i, err == nil, err
	}
	i, shows, berr := d.below(name)
	switch {
	case berr != nil:
		return i, false, berr
	case !shows:
		return i, false, err
	}
	return i, false, nil
}

// Lstat describes what has the name.
func (d *overlayDir) Lstat(name string) (Info, error) {
	i, _, err := d.look(name)
	return i, err
}

// OpenDir opens a folder, and makes it in the upper when it is only below: then
// whatever is done in it has its place.
func (d *overlayDir) OpenDir(name string) (Dir, error) {
	i, shows, err := d.below(name)
	if err != nil {
		return nil, err
	}
	upper, err := d.Dir.OpenDir(name)
	if isNotExist(err) && shows && i.Dir() {
		if err = d.Dir.Mkdir(name); err == nil || isExist(err) {
			upper, err = d.Dir.OpenDir(name)
		}
	}
	if isNotExist(err) && shows {
		return nil, refused("open folder", name, syscall.ENOTDIR)
	}
	if err != nil {
		return nil, err
	}
	sub := &overlayDir{Dir: upper}
	if shows && i.Dir() {
		if sub.lower, err = d.lower.OpenDir(name); err != nil {
			_ = upper.Close()
			return nil, err
		}
	}
	return sub, nil
}

// Open opens a file for reading, the upper one first.
func (d *overlayDir) Open(name string) (File, error) {
	f, err := d.Dir.Open(name)
	if !isNotExist(err) {
		return f, err
	}
	_, shows, berr := d.below(name)
	switch {
	case berr != nil:
		return nil, berr
	case !shows:
		return nil, err
	}
	return d.lower.Open(name)
}

// Readlink reads a link, the upper one first.
func (d *overlayDir) Readlink(name string) (string, error) {
	target, err := d.Dir.Readlink(name)
	if !isNotExist(err) {
		return target, err
	}
	if _, shows, berr := d.below(name); berr != nil || !shows {
		return "", errors.Join(err, berr)
	}
	return d.lower.Readlink(name)
}

// Names lists both, without our notes.
func (d *overlayDir) Names() ([]string, error) {
	upper, err := d.Dir.Names()
	if err != nil || d.lower == nil {
		return withoutNotes(upper), err
	}
	hidden := make(map[string]bool, len(upper))
	for _, n := range upper {
		hidden[strings.TrimPrefix(n, gonePrefix)] = true
	}
	names := withoutNotes(upper)
	lower, err := d.lower.Names()
	if err != nil {
		return nil, err
	}
	for _, n := range lower {
		if !hidden[n] && !IsTemp(n) && !IsGone(n) {
			names = append(names, n)
		}
	}
	return names, nil
}

func withoutNotes(names []string) []string {
	kept := make([]string, 0, len(names))
	for _, n := range names {
		if !IsGone(n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// Mkdir makes a folder in the upper. What was below stays hidden if it was removed.
func (d *overlayDir) Mkdir(name string) error {
	if _, shows, err := d.below(name); err != nil || shows {
		return either(err, refused("make folder", name, fs.ErrExist))
	}
	return d.Dir.Mkdir(name)
}

// Create makes a file in the upper.
func (d *overlayDir) Create(name string) (File, error) {
	if _, shows, err := d.below(name); err != nil || shows {
		return nil, either(err, refused("create", name, fs.ErrExist))
	}
	return d.Dir.Create(name)
}

// Symlink makes a link in the upper.
func (d *overlayDir) Symlink(target, name string) error {
	if _, shows, err := d.below(name); err != nil || shows {
		return either(err, refused("link", name, fs.ErrExist))
	}
	return d.Dir.Symlink(target, name)
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// Link and Clone are not for what is spread over two folders.
func (d *overlayDir) Link(name string, _ Dir, _ string) error {
	return refused("link", name, errors.ErrUnsupported)
}

// Clone: see Link.
func (d *overlayDir) Clone(name string, _ Dir, _ string) error {
	return refused("clone", name, errors.ErrUnsupported)
}

// hide notes that what is below has no such name any more.
func (d *overlayDir) hide(name string) error {
	_, shows, err := d.below(name)
	if err != nil || !shows {
		return err
	}
	f, err := d.Dir.Create(gonePrefix + name)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close closes both.
func (d *overlayDir) Close() error {
	err := d.Dir.Close()
	if d.lower != nil {
		err = errors.Join(err, d.lower.Close())
	}
	return err
}
