package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// windowsDir is a folder below one os.Root, which reaches every component by
// handle and refuses reparse points that lead out. sub is a root of its own for
// the calls that stay in this folder.
type windowsDir struct {
	top  *os.Root // shared by all folders of one tree, for moves between them
	sub  *os.Root
	rel  string // below top, "." for top itself
	full string // the host's own spelling, for the calls that take paths only
}

func openHostDir(path string) (Dir, error) {
	top, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &windowsDir{top: top, sub: top, rel: ".", full: path}, nil
}

func (d *windowsDir) OpenDir(name string) (Dir, error) {
	if i, err := d.Lstat(name); err != nil {
		return nil, err
	} else if !i.Dir() {
		return nil, &fs.PathError{Op: "open folder", Path: name, Err: windows.ERROR_DIRECTORY}
	}
	sub, err := d.sub.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &windowsDir{top: d.top, sub: sub, rel: filepath.Join(d.rel, name), full: filepath.Join(d.full, name)}, nil
}

func (d *windowsDir) Mkdir(name string) error { return d.sub.Mkdir(name, 0o700) }

func (d *windowsDir) Create(name string) (File, error) {
	f, err := d.sub.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return windowsFile{f, true}, nil
}

func (d *windowsDir) Open(name string) (File, error) {
	i, err := d.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !i.Regular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	f, err := d.sub.Open(name)
	if err != nil {
		return nil, err
	}
	return windowsFile{f, false}, nil
}

func (d *windowsDir) Lstat(name string) (Info, error) {
	i, err := d.sub.Lstat(name)
	if err != nil {
		return Info{}, err
	}
	return Info{Mode: i.Mode(), Size: i.Size(), ModTime: i.ModTime()}, nil
}

func (d *windowsDir) Names() ([]string, error) {
	f, err := d.sub.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// patience is how long a rename waits for a virus scanner or an indexer to let
// go of a file.
const patience = 10 * time.Second

func (d *windowsDir) Rename(name string, to Dir, newName string) error {
	t, ok := to.(*windowsDir)
	if !ok || t.top != d.top {
		return errors.New("rename: folders of two file systems")
	}
	from, into := filepath.Join(d.rel, name), filepath.Join(t.rel, newName)
	for wait, end := 10*time.Millisecond, time.Now().Add(patience); ; wait *= 2 {
		err := d.top.Rename(from, into)
		held := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !held || time.Now().Add(wait).After(end) {
			return err
		}
		time.Sleep(wait)
	}
}

// RenameNew has no call of its own here: a hard link is as good, and FAT has
// neither.
func (d *windowsDir) RenameNew(name string, to Dir, newName string) error {
	return renameNew(d, name, to, newName, func() error { return errors.ErrUnsupported })
}

func (d *windowsDir) Link(name string, to Dir, newName string) error {
	t, ok := to.(*windowsDir)
	if !ok || t.top != d.top {
		return fmt.Errorf("link: %w", errors.ErrUnsupported)
	}
	return d.top.Link(filepath.Join(d.rel, name), filepath.Join(t.rel, newName))
}

// Clone is not tried: block cloning exists on ReFS only, and hard links do there
// what is needed.
func (d *windowsDir) Clone(string, Dir, string) error {
	return fmt.Errorf("clone: %w", errors.ErrUnsupported)
}

func (d *windowsDir) Symlink(target, name string) error { return d.sub.Symlink(target, name) }

func (d *windowsDir) Readlink(name string) (string, error) { return d.sub.Readlink(name) }

func (d *windowsDir) Remove(name string) error { return removeIn(d.sub, name) }

// Sync has nothing to do: NTFS journals its folders and offers no call for one.
func (d *windowsDir) Sync() error { return nil }

// SyncVolume has nothing left to do: Close flushed each file. Flushing the whole
// volume needs an administrator.
func (d *windowsDir) SyncVolume() error { return nil }

func (d *windowsDir) Free() (int64, error) {
	p, err := windows.UTF16PtrFromString(d.full)
	if err != nil {
		return 0, err
	}
	var free uint64 // for this user, quotas included
	if err := windows.GetDiskFreeSpaceEx(p, &free, nil, nil); err != nil {
		return 0, &fs.PathError{Op: "free space", Path: d.full, Err: err}
	}
	return int64(min(free, 1<<63-1)), nil
}

func (d *windowsDir) Close() error { return d.sub.Close() }

type windowsFile struct {
	*os.File
	written bool
}

func (f windowsFile) Size() (int64, error) {
	i, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return i.Size(), nil
}

func (f windowsFile) SetModTime(t time.Time) error {
	stamp := windows.NsecToFiletime(t.UnixNano())
	return windows.SetFileTime(windows.Handle(f.Fd()), nil, nil, &stamp)
}

// Close flushes what was written, since there is no barrier for a whole volume.
func (f windowsFile) Close() error {
	var err error
	if f.written {
		err = f.Sync()
	}
	return errors.Join(err, f.File.Close())
}
