package tree

import (
	"io"
	"io/fs"
	"time"
)

// FS opens folders. It is the seam below Tree: OS is the real one, Faults wraps
// another and makes chosen operations fail.
type FS interface {
	// OpenDir opens the existing folder at path, a path of the host's own
	// spelling that a person chose; links in it are followed.
	OpenDir(path string) (Dir, error)
}

// Dir is an open folder. Names are single components that were judged before;
// no method follows a symbolic link. Errors wrap the system's, so errors.Is with
// fs.ErrNotExist, fs.ErrExist or an errno works. A Dir is safe for concurrent
// use, apart from Close.
type Dir interface {
	// OpenDir opens a sub-folder; a link or a file there is an error.
	OpenDir(name string) (Dir, error)
	// Mkdir makes a sub-folder, mode 0700.
	Mkdir(name string) error
	// Create makes a new file, mode 0600; fs.ErrExist if anything has the name.
	Create(name string) (File, error)
	// Open opens a regular file for reading. Anything else, a FIFO for one, is an
	// error and is not waited for.
	Open(name string) (File, error)
	// Lstat describes what has the name, a link itself and not its target.
	Lstat(name string) (Info, error)
	// Names lists what is in the folder, in no order.
	Names() ([]string, error)
	// Rename moves name into the folder to, which came from the same FS, and
	// replaces a file there in one step. If name is missing, nothing changes.
	Rename(name string, to Dir, newName string) error
	// RenameNew is Rename that replaces nothing: fs.ErrExist if newName is taken.
	// Where the system can do neither that nor a hard link in one step, it looks
	// first and then renames.
	RenameNew(name string, to Dir, newName string) error
	// Link makes a hard link; fs.ErrExist if newName is taken.
	Link(name string, to Dir, newName string) error
	// Clone makes a copy that shares its blocks (a reflink); fs.ErrExist if newName
	// is taken, errors.ErrUnsupported where the system has none.
	Clone(name string, to Dir, newName string) error
	// Symlink makes a symbolic link that says target.
	Symlink(target, name string) error
	// Readlink gives what the symbolic link says.
	Readlink(name string) (string, error)
	// Remove removes a file, a link or an empty folder.
	Remove(name string) error
	// Sync makes the folder's entries durable.
	Sync() error
	// SyncVolume makes everything that was written to the volume durable, where
	// the system can do so at once; elsewhere it completes what the syncs at the
	// closing of each file have begun.
	SyncVolume() error
	// Free is the space in bytes that this user may still fill on the volume.
	Free() (int64, error)
	// Close ends the use of the folder.
	Close() error
}

// File is an open regular file: a new one for writing, or one for reading.
type File interface {
	io.Reader
	io.Writer
	// Size is the length that the file system knows of.
	Size() (int64, error)
	// SetModTime gives the file a date, after the last Write. File systems keep it
	// as exactly as they can.
	SetModTime(t time.Time) error
	// Sync makes the bytes durable.
	Sync() error
	// Close ends the use of the file. On systems that have no volume-wide
	// barrier it hands a written file's bytes to the drive first.
	Close() error
}

// Info is what Lstat tells.
type Info struct {
	Mode    fs.FileMode // type and permission bits
	Size    int64
	ModTime time.Time
	Changed time.Time // of anything about the file, zero where the system does not say
	Links   uint64    // hard links, 0 where the system does not say
	ID      Inode     // which file it is, zero where the system does not say
}

// Inode tells two names of one file from two files.
type Inode struct{ Device, Number uint64 }

// Dir tells whether it is a folder.
func (i Info) Dir() bool { return i.Mode.IsDir() }

// Regular tells whether it is a regular file.
func (i Info) Regular() bool { return i.Mode.IsRegular() }

// OS is the file system of the host.
type OS struct{}

// OpenDir opens the folder at path.
func (OS) OpenDir(path string) (Dir, error) { return openHostDir(path) }
