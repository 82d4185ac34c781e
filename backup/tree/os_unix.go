//go:build linux || darwin

package tree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// unixDir is an open directory descriptor. Each name is one component and each
// call is relative to the descriptor, so nothing outside can be reached: this is
// os.Root with the descriptors kept open, which saves three calls per file.
type unixDir struct {
	fd   int
	path string // for messages only
}

const dirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC

func openHostDir(path string) (Dir, error) {
	fd, err := openat(unix.AT_FDCWD, path, dirFlags, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open folder", Path: path, Err: err}
	}
	return &unixDir{fd, path}, nil
}

// openat is openat(2), repeated when a signal interrupts it (network and FUSE
// file systems do).
func openat(fd int, name string, flags int, mode uint32) (int, error) {
	for {
		got, err := unix.Openat(fd, name, flags, mode)
		if err != unix.EINTR {
			return got, err
		}
	}
}

func (d *unixDir) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: d.path + "/" + name, Err: err}
}

func (d *unixDir) OpenDir(name string) (Dir, error) {
	fd, err := openat(d.fd, name, dirFlags|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, d.fail("open folder", name, err)
	}
	return &unixDir{fd, d.path + "/" + name}, nil
}

func (d *unixDir) Mkdir(name string) error {
	return d.fail("make folder", name, unix.Mkdirat(d.fd, name, 0o700))
}

func (d *unixDir) Create(name string) (File, error) {
	fd, err := openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, d.fail("create", name, err)
	}
	return &unixFile{fd: fd, dir: d, name: name, written: true}, nil
}

func (d *unixDir) Open(name string) (File, error) {
	// What is not a regular file is not even opened: opening a tape rewinds it.
	if i, err := d.Lstat(name); err != nil {
		return nil, err
	} else if !i.Regular() {
		return nil, d.fail("open", name, errNotRegular(i))
	}
	fd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, d.fail("open", name, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		unix.Close(fd)
		return nil, d.fail("open", name, cmpErr(err, ErrNotRegular))
	}
	return &unixFile{fd: fd, dir: d, name: name}, nil
}

// errNotRegular picks the errno that says best what is in the way.
func errNotRegular(i Info) error {
	switch {
	case i.Dir():
		return unix.EISDIR
	case i.Mode&fs.ModeSymlink != 0:
		return unix.ELOOP
	}
	return ErrNotRegular
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (d *unixDir) Lstat(name string) (Info, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return Info{}, d.fail("stat", name, err)
	}
	return Info{
		Mode:    fileMode(uint32(st.Mode)),
		Size:    st.Size,
		ModTime: time.Unix(st.Mtim.Unix()),
		Changed: time.Unix(st.Ctim.Unix()),
		Links:   uint64(st.Nlink),
		ID:      Inode{uint64(st.Dev), uint64(st.Ino)},
	}, nil
}

func fileMode(m uint32) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	switch m & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	case unix.S_IFLNK:
		mode |= fs.ModeSymlink
	case unix.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		mode |= fs.ModeSocket
	default:
		mode |= fs.ModeDevice
	}
	return mode
}

func (d *unixDir) Names() ([]string, error) {
	// A descriptor of its own, since the offset of a directory is shared.
	fd, err := openat(d.fd, ".", dirFlags, 0)
	if err != nil {
		return nil, d.fail("list", "", err)
	}
	f := os.NewFile(uintptr(fd), d.path)
	defer f.Close()
	return f.Readdirnames(-1)
}

func (d *unixDir) Rename(name string, to Dir, newName string) error {
	t, err := asUnix(to)
	if err != nil {
		return err
	}
	return d.fail("rename", name, unix.Renameat(d.fd, name, t.fd, newName))
}

func (d *unixDir) RenameNew(name string, to Dir, newName string) error {
	t, err := asUnix(to)
	if err != nil {
		return err
	}
	return renameNew(d, name, t, newName, func() error {
		return d.fail("rename", name, renameExclusive(d.fd, name, t.fd, newName))
	})
}

func (d *unixDir) Link(name string, to Dir, newName string) error {
	t, err := asUnix(to)
	if err != nil {
		return err
	}
	return d.fail("link", name, unix.Linkat(d.fd, name, t.fd, newName, 0))
}

func (d *unixDir) Clone(name string, to Dir, newName string) error {
	t, err := asUnix(to)
	if err != nil {
		return err
	}
	return d.fail("clone", name, cloneAt(d.fd, name, t.fd, newName))
}

func asUnix(to Dir) (*unixDir, error) {
	t, ok := to.(*unixDir)
	if !ok {
		return nil, errors.New("rename: folders of two file systems")
	}
	return t, nil
}

func (d *unixDir) Symlink(target, name string) error {
	return d.fail("link", name, unix.Symlinkat(target, d.fd, name))
}

func (d *unixDir) Readlink(name string) (string, error) {
	buf := make([]byte, 4096)
	n, err := unix.Readlinkat(d.fd, name, buf)
	if err != nil {
		return "", d.fail("read link", name, err)
	}
	return string(buf[:n]), nil
}

func (d *unixDir) Remove(name string) error {
	err := unix.Unlinkat(d.fd, name, 0)
	// Linux says EISDIR for a folder, macOS EPERM.
	if err == unix.EISDIR || err == unix.EPERM {
		if i, lerr := d.Lstat(name); lerr == nil && i.Dir() {
			err = unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
		}
	}
	return d.fail("remove", name, err)
}

func (d *unixDir) Sync() error       { return d.fail("sync", "", syncDir(d.fd)) }
func (d *unixDir) SyncVolume() error { return d.fail("sync volume", "", syncVolume(d.fd)) }

func (d *unixDir) Free() (int64, error) {
	n, err := freeBytes(d.fd)
	return n, d.fail("free space", "", err)
}

// Close ends the use of the folder. A second call is an error and touches no
// descriptor: its number may belong to somebody else by then.
func (d *unixDir) Close() error {
	fd := d.fd
	if fd < 0 {
		return d.fail("close", "", fs.ErrClosed)
	}
	d.fd = -1
	return unix.Close(fd)
}

// unixFile is a descriptor without the bookkeeping of os.File, which costs a
// call and a finalizer for each of some hundred thousand bodies.
type unixFile struct {
	fd      int
	dir     *unixDir
	name    string
	written bool
	begun   int64 // bytes handed over to write-back, see startWriteback
	n       int64
}

func (f *unixFile) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(f.fd, p)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, f.dir.fail("read", f.name, err)
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (f *unixFile) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := unix.Write(f.fd, p[done:])
		if n > 0 {
			done += n
		}
		switch {
		case err == unix.EINTR:
		case err != nil:
			return done, f.dir.fail("write", f.name, err)
		case n == 0:
			return done, f.dir.fail("write", f.name, io.ErrShortWrite)
		}
	}
	f.n += int64(done)
	f.startWriteback()
	return done, nil
}

func (f *unixFile) Size() (int64, error) {
	var st unix.Stat_t
	err := unix.Fstat(f.fd, &st)
	return st.Size, f.dir.fail("stat", f.name, err)
}

func (f *unixFile) SetModTime(t time.Time) error {
	ts, err := unix.TimeToTimespec(t)
	if err == nil {
		err = unix.UtimesNanoAt(f.dir.fd, f.name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
	}
	return f.dir.fail("date", f.name, err)
}

func (f *unixFile) Sync() error { return f.dir.fail("sync", f.name, syncFile(f.fd)) }

// Close is as that of a folder.
func (f *unixFile) Close() error {
	fd := f.fd
	if fd < 0 {
		return f.dir.fail("close", f.name, fs.ErrClosed)
	}
	f.fd = -1
	var err error
	if f.written {
		err = settle(fd)
	}
	if cerr := unix.Close(fd); err == nil {
		err = cerr
	}
	return f.dir.fail("close", f.name, err)
}
