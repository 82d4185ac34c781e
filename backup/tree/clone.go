package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
)

// Strategy is a way to have a file twice.
type Strategy int32

// The ways, the best first. A reflink shares blocks until one of the two is
// written; a hard link shares the file itself and is safe only because nobody
// here writes into an existing file; a copy costs its full size.
const (
	StrategyUnknown Strategy = iota
	Reflink
	HardLink
	FullCopy
)

// String is the word for reports.
func (s Strategy) String() string {
	return [...]string{"unknown", "reflink", "hardlink", "copy"}[s]
}

// CloneFile gives the regular file src of the tree from a second name, dst, in
// this tree. It takes the best way that the volume has, beginning with atBest
// (FullCopy asks for a copy), and tells which it was. What a volume cannot do is
// learned at the first file; a file that cannot be linked once more is copied.
// dst must be free: fs.ErrExist otherwise, whichever way is taken.
func (t *Tree) CloneFile(from *Tree, src, dst Rel, atBest Strategy) (Strategy, error) {
	var used Strategy
	err := from.at(src, func(s Dir, name string) error {
		i, err := s.Lstat(name)
		if err != nil {
			return err
		}
		if !i.Regular() {
			return &fs.PathError{Op: "clone", Path: src.s, Err: ErrNotRegular}
		}
		return t.at(dst, func(d Dir, newName string) (err error) {
			used, err = t.cloneInto(s, name, d, newName, atBest)
			return err
		})
	})
	if err != nil || used != FullCopy {
		return used, err
	}
	return used, t.copyFile(from, src, dst, (*Body).CommitNew) // as the other ways do
}

// cloneInto tries the ways without bytes; FullCopy says that none of them works.
func (t *Tree) cloneInto(s Dir, name string, d Dir, newName string, atBest Strategy) (Strategy, error) {
	way := max(atBest, Strategy(t.clones.Load()), Reflink)
	if way == Reflink {
		err := s.Clone(name, d, newName)
		if !errors.Is(err, errors.ErrUnsupported) {
			return Reflink, err
		}
		way = HardLink
		t.clones.Store(int32(HardLink))
	}
	if way == HardLink {
		err := s.Link(name, d, newName)
		switch {
		case err == nil || isExist(err) || isNotExist(err):
			return HardLink, err
		case !errors.Is(err, syscall.EMLINK):
			t.clones.Store(int32(FullCopy))
		}
	}
	return FullCopy, nil
}

func (t *Tree) copyFile(from *Tree, src, dst Rel, commit func(*Body) (int64, [32]byte, error)) error {
	f, _, err := from.OpenRead(src)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := t.Create(dst)
	if err != nil {
		return err
	}
	defer b.Abort()
	if _, err := io.CopyBuffer(onlyWriter{b}, onlyReader{f}, make([]byte, 256<<10)); err != nil {
		return err
	}
	_, _, err = commit(b)
	return err
}

// onlyWriter and onlyReader keep io.CopyBuffer to the buffer it was given.
type onlyWriter struct{ io.Writer }
type onlyReader struct{ io.Reader }

// Copy copies the file or folder src to dst within the tree, by reflink or byte
// by byte and never by hard link, since a phone may say what happens to either
// later. A file at dst is replaced; a folder is merged into one that is there.
// Links and special files are refused, and so is a copy of a folder into itself.
func (t *Tree) Copy(src, dst Rel) error {
	switch {
	case src.IsRoot() || dst.IsRoot():
		return fmt.Errorf("copy of the root of the tree: %w", fs.ErrInvalid)
	case src.Contains(dst) || dst.Contains(src):
		return &fs.PathError{Op: "copy", Path: src.s, Err: syscall.EINVAL}
	}
	i, err := t.Lstat(src)
	switch {
	case err != nil:
		return err
	case i.Dir():
		return t.copyDir(src, dst)
	case !i.Regular():
		return &fs.PathError{Op: "copy", Path: src.s, Err: ErrNotRegular}
	}
	return t.copyFile(t, src, dst, (*Body).Commit)
}

func (t *Tree) copyDir(src, dst Rel) error {
	if err := t.Mkdir(dst); err != nil && !isExist(err) {
		return err
	}
	entries, err := t.List(src)
	if err != nil {
		return err
	}
	for _, e := range entries {
		from, err := src.Join(e.Name)
		if err != nil {
			return err
		}
		to, err := dst.Join(e.Name)
		if err != nil {
			return err
		}
		if err := t.Copy(from, to); err != nil {
			return err
		}
	}
	return nil
}
