package mobilebackup2

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"crypto/sha256"

	"homeport/backup"
	"homeport/backup/tree"
)

// createDirectory makes one folder; one that is there is fine.
func (s *session) createDirectory(m message) error {
	path, ok := m.text(1)
	if !ok {
		return s.malformed(m)
	}
	rel, err := s.resolve(path)
	if err == nil {
		err = s.tree.Mkdir(rel)
	}
	if errors.Is(err, fs.ErrExist) {
		if i, lerr := s.tree.Lstat(rel); lerr == nil && i.Dir() {
			err = nil
		}
	} else if err == nil {
		err = s.claimFile()
	}
	if err != nil {
		return s.single(err)
	}
	// The one OK whose payload is no dictionary: phones have only ever heard it so.
	return s.link.status(codeOK, "", none)
}

// single answers a message about one thing.
func (s *session) single(err error) error {
	if err == nil {
		return s.conclude(nil)
	}
	s.trouble(err)
	code, text := statusOf(err)
	return s.link.status(code, text, nil)
}

// archive is how the name of a backup that is put aside ends.
var archive = regexp.MustCompile(`^-[0-9]{8}-[0-9]{6}$`)

// move renames each source to its target.
func (s *session) move(m message) error {
	items, ok := m.dict(1)
	if !ok {
		return s.malformed(m)
	}
	s.prog.phaseFrom(backup.PhaseMoving, backup.PhaseReceiving)
	bad := faults{}
	for src, v := range items {
		dst, ok := v.(string)
		if !ok {
			return s.malformed(m)
		}
		// What is both a source and a target has no order in a dictionary.
		if _, both := items[dst]; both && dst != src {
			bad.add(src, fs.ErrInvalid)
			continue
		}
		if err := s.moveOne(src, dst); err != nil {
			bad.add(src, err)
			s.trouble(err)
		}
		if s.tooHostile() {
			return s.own
		}
	}
	if f, ok := m.percent(3); ok {
		s.prog.percent(f)
	}
	return s.conclude(bad)
}

func (s *session) moveOne(src, dst string) error {
	if from, err := tree.Parse(src); err == nil && from == s.home && archive.MatchString(strings.TrimPrefix(dst, src)) {
		// A phone that begins anew has the old backup put aside under its date. The
		// published versions are that: what is in the way here is only a copy.
		s.note("the phone put the earlier backup aside as %q", clip(dst))
		return s.tree.Remove(s.home)
	}
	from, err := s.inside(src)
	if err != nil {
		return err
	}
	to, err := s.inside(dst)
	if err != nil {
		return err
	}
	if err := s.tree.Rename(from, to); err != nil {
		return err
	}
	if from != to && s.books.moved(from, to) {
		return s.tellAnew(to)
	}
	return nil
}

// tellAnew reads what has come to a final name in a way that no phone uses, and
// tells the job its length and hash.
func (s *session) tellAnew(rel tree.Rel) error {
	i, err := s.tree.Lstat(rel)
	if err != nil {
		return err
	}
	if !i.Dir() {
		return s.tellFile(rel)
	}
	entries, err := s.tree.List(rel)
	if err != nil {
		return err
	}
	for _, e := range entries {
		sub, err := rel.Join(e.Name)
		if err != nil {
			return err
		}
		if err := s.tellAnew(sub); err != nil {
			return err
		}
	}
	return nil
}

// settle reads again what the ledger is not sure of.
func (s *session) settle() error {
	for _, rel := range s.books.doubts() {
		if err := s.tellAnew(rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return hostCause(err, nil)
		}
	}
	return nil
}

func (s *session) tellFile(rel tree.Rel) error {
	f, _, err := s.tree.OpenRead(rel)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.CopyBuffer(sum, struct{ io.Reader }{f}, make([]byte, growStep))
	if err != nil {
		return err
	}
	s.books.received(rel, n, [32]byte(sum.Sum(nil)))
	return nil
}

// remove removes each path, folders with all that is in them. What is not there
// is fine.
func (s *session) remove(m message) error {
	paths, ok := m.paths(1)
	if !ok {
		return s.malformed(m)
	}
	bad := faults{}
	for _, path := range paths {
		err := s.removeOne(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			bad.add(path, err)
			s.trouble(err)
		}
		if s.tooHostile() {
			return s.own
		}
	}
	if f, ok := m.percent(3); ok {
		s.prog.percent(f)
	}
	return s.conclude(bad)
}

func (s *session) removeOne(path string) error {
	rel, err := s.inside(path)
	if err != nil {
		return err
	}
	return s.tree.Remove(rel)
}

// copyItem copies a file or a folder within the backup.
func (s *session) copyItem(m message) error {
	src, ok1 := m.text(1)
	dst, ok2 := m.text(2)
	if !ok1 || !ok2 {
		return s.malformed(m)
	}
	return s.single(s.copyOne(src, dst))
}

func (s *session) copyOne(src, dst string) error {
	from, err := s.inside(src)
	if err != nil {
		return err
	}
	to, err := s.inside(dst)
	if err != nil {
		return err
	}
	if from.Contains(to) || to.Contains(from) {
		return fmt.Errorf("copy onto itself: %w", syscall.EINVAL)
	}
	if err := s.claimTree(from); err != nil {
		return err
	}
	if err := s.tree.Copy(from, to); err != nil {
		return err
	}
	if s.books.changed(to) {
		return s.tellAnew(to)
	}
	return nil
}

// claimTree takes what a copy of rel will need from the budget.
func (s *session) claimTree(rel tree.Rel) error {
	i, err := s.tree.Lstat(rel)
	if err != nil {
		return err
	}
	if err := s.claimFile(); err != nil {
		return err
	}
	if !i.Dir() {
		return s.space.bytes(s.ctx, i.Size)
	}
	entries, err := s.tree.List(rel)
	if err != nil {
		return err
	}
	for _, e := range entries {
		sub, err := rel.Join(e.Name)
		if err != nil {
			return err
		}
		if err := s.claimTree(sub); err != nil {
			return err
		}
	}
	return nil
}

// contents lists a folder, one level deep.
func (s *session) contents(m message) error {
	path, ok := m.text(1)
	if !ok {
		return s.malformed(m)
	}
	rel, err := s.resolve(path)
	if err != nil {
		return s.single(err)
	}
	entries, err := s.tree.List(rel)
	if err != nil {
		return s.single(err)
	}
	frame, err := listing(entries)
	if err != nil {
		return s.single(err)
	}
	return s.link.write(frame)
}
