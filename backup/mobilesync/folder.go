package mobilesync

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// The files that every backup has beside its bodies.
const (
	InfoFile     = "Info.plist"
	StatusFile   = "Status.plist"
	ManifestFile = "Manifest.plist"
	DatabaseFile = "Manifest.db"
	SnapshotDir  = "Snapshot"

	legacyDatabase = "Manifest.mbdb"
)

// ErrEncrypted is wrapped when something can only be read with the password.
var ErrEncrypted = errors.New("backup is encrypted")

// A FileError says which file of the folder could not be used, and what is wrong
// with it.
type FileError struct {
	Name string // slash path inside the phone's folder
	Kind Kind   // Missing, Empty, NotRegular, Unreadable …
	Err  error
}

// Error gives verb, noun and cause.
func (e *FileError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("read %s: %s", e.Name, e.Kind)
	}
	return fmt.Sprintf("read %s: %v", e.Name, e.Err)
}

// Unwrap gives what was seen.
func (e *FileError) Unwrap() error { return e.Err }

// Folder is one phone's backup folder, held open for reading. Its methods may be
// used by several goroutines at once.
type Folder struct {
	root *os.Root
	path string
	udid string

	unlocked atomic.Pointer[unlocked] // nil until Unlock
	buffers  sync.Pool                // of *[cipherBuffer]byte, for bodies being read
}

// Open opens dir/udid. It reads no file yet: an incomplete or damaged folder
// opens, and Check says what is wrong with it. A folder that is a link, or not a
// folder, is refused with a *FileError of kind NotRegular; a missing one with
// kind Missing.
func Open(dir, udid string) (*Folder, error) {
	if !filepath.IsLocal(udid) || filepath.Base(udid) != udid || udid == "." {
		return nil, fmt.Errorf("open backup folder %q: not a name", udid)
	}
	path, err := filepath.Abs(filepath.Join(dir, udid))
	if err != nil {
		return nil, fmt.Errorf("open backup folder: %w", err)
	}
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &FileError{Name: udid, Kind: Missing, Err: err}
	case err != nil:
		return nil, &FileError{Name: udid, Kind: Unreadable, Err: err}
	case !fi.IsDir():
		return nil, &FileError{Name: udid, Kind: NotRegular}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, &FileError{Name: udid, Kind: Unreadable, Err: err}
	}
	return &Folder{root: root, path: path, udid: udid}, nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Path returns the absolute path of the phone's folder.
func (f *Folder) Path() string { return f.path }

// lstat proves that name is a regular file with contents.
func (f *Folder) lstat(name string) (fs.FileInfo, error) {
	fi, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &FileError{Name: name, Kind: Missing, Err: err}
	case err != nil:
		return nil, &FileError{Name: name, Kind: Unreadable, Err: err}
	case !fi.Mode().IsRegular():
		return nil, &FileError{Name: name, Kind: NotRegular}
	case fi.Size() == 0:
		return nil, &FileError{Name: name, Kind: Empty}
	}
	return fi, nil
}

// read returns a whole small file of at most limit bytes.
func (f *Folder) read(name string, limit int64) ([]byte, error) {
	fi, err := f.lstat(name)
	if err != nil {
		return nil, err
	}
	if fi.Size() > limit {
		return nil, &FileError{Name: name, Kind: Unreadable, Err: fmt.Errorf("%d bytes, more than %d", fi.Size(), limit)}
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, &FileError{Name: name, Kind: Unreadable, Err: err}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit))
	if err != nil {
		return nil, &FileError{Name: name, Kind: Unreadable, Err: err}
	}
	return data, nil
}

// tooOld says whether the folder holds the list of an iOS before 10 and none of
// a later one.
func (f *Folder) tooOld() bool {
	if _, err := f.root.Lstat(DatabaseFile); err == nil {
		return false
	}
	_, err := f.root.Lstat(legacyDatabase)
	return err == nil
}
