package store

import (
	"errors"
	"fmt"
	"io/fs"

	"homeport/cause"
)

// Pin marks a version as one that Prune leaves; why says for what: a cause, or
// "asked". A version that is pinned already keeps its reason.
func (s *Store) Pin(v Version, why string) error {
	return s.mark(v, func(m *mark) {
		if !m.Pinned {
			m.Pinned, m.Why = true, why
		}
	})
}

// Unpin takes the mark away.
func (s *Store) Unpin(v Version) error {
	return s.mark(v, func(m *mark) { m.Pinned, m.Why = false, "" })
}

// MarkOpened notes that a password has opened the version now.
func (s *Store) MarkOpened(v Version) error {
	now := s.options.Now().UTC()
	return s.mark(v, func(m *mark) { m.Opened = &now })
}

// mark changes what is known about a version. The cause of an error is
// no-such-version when it is not there any more.
func (s *Store) mark(v Version, change func(*mark)) error {
	p, err := s.openPhone(v.UDID)
	if errors.Is(err, fs.ErrNotExist) {
		return noVersion(v.ID, err)
	}
	if err != nil {
		return caused(err, s.path)
	}
	defer p.close()
	there, err := p.versionNames()
	if err != nil {
		return caused(err, s.path)
	}
	if !there[string(v.ID)] {
		return noVersion(v.ID, fs.ErrNotExist)
	}
	if err := p.changeMark(v.ID, change); err != nil {
		return caused(fmt.Errorf("mark %s: %w", v.ID, err), s.path)
	}
	return nil
}

func noVersion(id VersionID, err error) error {
	return cause.New(cause.NoSuchVersion, cause.Evidence{"name": string(id)}, fmt.Errorf("find version %q: %w", id, err))
}
