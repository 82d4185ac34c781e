package tree

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Tree is a folder that nothing leaves. It is safe for concurrent use.
type Tree struct {
	dir    string
	open   *handles
	twins  twins
	tag    string // makes the temporary names of this Tree its own
	serial atomic.Uint64
	clones atomic.Int32 // what CloneFile has learned, a Strategy
}

// Option changes how a Tree is opened.
type Option func(*options)

type options struct{ fs FS }

// WithFS puts another file system under the tree.
func WithFS(under FS) Option { return func(o *options) { o.fs = under } }

// Open opens the existing folder dir, following links on the way to it, since
// that path is the user's own. The caller closes the Tree.
func Open(dir string, opts ...Option) (*Tree, error) {
	o := options{fs: OS{}}
	for _, opt := range opts {
		opt(&o)
	}
	root, err := o.fs.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	var tag [4]byte
	_, _ = rand.Read(tag[:]) // never fails
	return &Tree{dir: dir, open: newHandles(root), tag: hex.EncodeToString(tag[:])}, nil
}

// Dir is the path that the tree was opened with.
func (t *Tree) Dir() string { return t.dir }

// Close closes the folders that the tree holds open. Bodies still being written
// keep their folder until they end.
func (t *Tree) Close() error {
	t.open.closeAll()
	return nil
}

// at runs f on the open folder that holds rel. The root itself has no holder.
func (t *Tree) at(rel Rel, f func(d Dir, name string) error) error {
	if rel.IsRoot() {
		return fmt.Errorf("use of the root of the tree: %w", fs.ErrInvalid)
	}
	h, err := t.open.get(rel.Parent().s)
	if err != nil {
		return err
	}
	defer t.open.put(h)
	return f(h.dir, rel.Base())
}

// Mkdir makes one folder, mode 0700. Its parent must exist; fs.ErrExist if
// anything has the name, a *PathError if a twin has.
func (t *Tree) Mkdir(rel Rel) error {
	if err := t.twins.claim(rel); err != nil {
		return err
	}
	return t.at(rel, func(d Dir, name string) error { return d.Mkdir(name) })
}

// MkdirAll makes rel and the folders above it where they are missing.
func (t *Tree) MkdirAll(rel Rel) error {
	if rel.IsRoot() {
		return nil
	}
	if err := t.MkdirAll(rel.Parent()); err != nil {
		return err
	}
	err := t.Mkdir(rel)
	if err == nil || !isExist(err) {
		return err
	}
	if i, lerr := t.Lstat(rel); lerr == nil && !i.Dir() {
		return &fs.PathError{Op: "make folder", Path: rel.s, Err: syscall.ENOTDIR}
	}
	return nil
}

// Lstat describes what rel names; a link itself and not its target.
func (t *Tree) Lstat(rel Rel) (Info, error) {
	var i Info
	err := t.at(rel, func(d Dir, name string) (err error) {
		i, err = d.Lstat(name)
		return err
	})
	return i, err
}

// Entry is one line of a listing.
type Entry struct {
	Name    string
	Dir     bool
	Mode    fs.FileMode // anything but a folder or a regular file shows in its type
	Size    int64
	ModTime time.Time
}

// List gives what is in a folder, one level deep, in no order. Names are as the
// disk has them and need not be ones that Parse would take. Unfinished bodies of
// ours are left out, and so is what vanishes while it looks.
func (t *Tree) List(rel Rel) ([]Entry, error) {
	h, err := t.open.get(rel.s)
	if err != nil {
		return nil, err
	}
	defer t.open.put(h)
	names, err := h.dir.Names()
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(names))
	for _, name := range names {
		if IsTemp(name) {
			continue
		}
		i, err := h.dir.Lstat(name)
		if isNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{name, i.Dir(), i.Mode, i.Size, i.ModTime})
	}
	return entries, nil
}

// OpenRead opens a regular file for reading and gives its length at this moment.
// A link, a folder, a FIFO or a device is an error and is not waited for. The
// caller closes the File.
func (t *Tree) OpenRead(rel Rel) (File, int64, error) {
	var f File
	err := t.at(rel, func(d Dir, name string) (err error) {
		f, err = d.Open(name)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	n, err := f.Size()
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, n, nil
}

// Rename moves src to dst in one step; a file at dst is replaced, a folder only
// when it is empty. If src is missing, dst stays as it is. A folder does not
// move into itself, nor deeper than it was, so that no row of moves makes a tree
// too deep to remove.
func (t *Tree) Rename(src, dst Rel) error {
	switch {
	case src.IsRoot() || dst.IsRoot():
		return fmt.Errorf("rename of the root of the tree: %w", fs.ErrInvalid)
	case src == dst:
		_, err := t.Lstat(src)
		return err
	case src.Contains(dst) || dst.Contains(src):
		return &fs.PathError{Op: "rename", Path: src.s, Err: syscall.EINVAL}
	}
	if depth(dst) > depth(src) {
		if i, err := t.Lstat(src); err != nil {
			return err
		} else if i.Dir() {
			return &PathError{dst.s, "would move a folder deeper", false}
		}
	}
	if err := t.twins.claim(dst); err != nil {
		return err
	}
	err := t.at(src, func(from Dir, name string) error {
		err := t.at(dst, func(to Dir, newName string) error { return from.Rename(name, to, newName) })
		if err != nil {
			return err
		}
		return dropTwin(from, name)
	})
	if err != nil {
		return err
	}
	t.open.forget(src.s)
	t.open.forget(dst.s)
	t.twins.release(src)
	return nil
}

// dropTwin removes what still has the name after a rename: POSIX does nothing when
// both names are of one file, and says that it went well.
func dropTwin(d Dir, name string) error {
	_, err := d.Lstat(name)
	switch {
	case isNotExist(err):
		return nil
	case err != nil:
		return err
	}
	return d.Remove(name)
}

func depth(r Rel) int { return strings.Count(r.s, "/") }

// Symlink makes rel a symbolic link that says target, replacing a link there in
// one step. It is for the store's pointer to the newest version; nothing in a
// Tree ever follows one.
func (t *Tree) Symlink(target string, rel Rel) error {
	return t.at(rel, func(d Dir, name string) error {
		i, err := d.Lstat(name)
		if err != nil && !isNotExist(err) {
			return err
		}
		if err == nil && i.Mode&fs.ModeSymlink == 0 {
			return &fs.PathError{Op: "link", Path: rel.s, Err: fs.ErrExist}
		}
		temp := t.tempName()
		if err := d.Symlink(target, temp); err != nil {
			return err
		}
		if err := d.Rename(temp, d, name); err != nil {
			_ = d.Remove(temp)
			return err
		}
		return nil
	})
}

// Readlink gives what the symbolic link at rel says.
func (t *Tree) Readlink(rel Rel) (string, error) {
	var target string
	err := t.at(rel, func(d Dir, name string) (err error) {
		target, err = d.Readlink(name)
		return err
	})
	return target, err
}

// Free is the space in bytes that may still be filled on the volume.
func (t *Tree) Free() (int64, error) { return t.open.root.dir.Free() }

// Sync is the barrier: all that was committed, moved and removed in the tree
// before it is durable after it. An error is final: what was written since the
// last good barrier may be lost, and calling Sync again proves nothing.
func (t *Tree) Sync() error { return t.open.root.dir.SyncVolume() }

// SyncDir makes the entries of one folder durable, without the rest of the volume.
func (t *Tree) SyncDir(rel Rel) error {
	h, err := t.open.get(rel.s)
	if err != nil {
		return err
	}
	defer t.open.put(h)
	return h.dir.Sync()
}

func (t *Tree) tempName() string {
	var b [48]byte
	name := append(append(append(b[:0], tempPrefix...), t.tag...), '-')
	return string(strconv.AppendUint(name, t.serial.Add(1), 16))
}
