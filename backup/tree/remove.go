package tree

import (
	"fmt"
	"io/fs"
)

// maxDepth is how far Remove goes down. Rename keeps what a phone can build far
// above it; each level holds one folder open.
const maxDepth = 128

// Remove removes rel and, if it is a folder, all that is in it. A symbolic link
// is removed and not followed. The root cannot be removed. fs.ErrNotExist if
// there is nothing.
func (t *Tree) Remove(rel Rel) error {
	err := t.at(rel, func(d Dir, name string) error {
		i, err := d.Lstat(name)
		if err != nil {
			return err
		}
		if i.Dir() {
			t.open.forget(rel.s)
			return removeDir(d, name, 0)
		}
		return d.Remove(name)
	})
	if err == nil {
		t.twins.release(rel)
	}
	return err
}

// Clear removes all that is in the folder rel, which may be the root, and leaves
// the folder itself.
func (t *Tree) Clear(rel Rel) error {
	h, err := t.open.get(rel.s)
	if err != nil {
		return err
	}
	defer t.open.put(h)
	names, err := h.dir.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		path := name
		if rel.s != "" {
			path = rel.s + "/" + name
		}
		t.open.forget(path)
		if err := removeAny(h.dir, name, 0); err != nil {
			return err
		}
	}
	return nil
}

// removeDir empties the folder name in d and removes it. It works with the names
// that the disk has, which need not be ones that Parse would take.
func removeDir(d Dir, name string, deep int) error {
	if deep > maxDepth {
		return fmt.Errorf("remove %s: more than %d levels: %w", name, maxDepth, fs.ErrInvalid)
	}
	if over, ok := d.(*overlayDir); ok { // one note for all that is below
		if err := over.hide(name); err != nil {
			return err
		}
	}
	sub, err := d.OpenDir(name)
	if isNotExist(err) {
		return nil // it was only below
	}
	if err != nil {
		return err
	}
	names, err := sub.Names()
	for _, n := range names {
		if err = removeAny(sub, n, deep+1); err != nil {
			break
		}
	}
	if cerr := sub.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return d.Remove(name)
}

// removeAny removes what has the name, whatever it is; nothing is fine too.
func removeAny(d Dir, name string, deep int) error {
	i, err := d.Lstat(name)
	switch {
	case isNotExist(err):
		return nil
	case err != nil:
		return err
	case i.Dir():
		return removeDir(d, name, deep)
	}
	return d.Remove(name)
}
