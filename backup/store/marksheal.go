package store

import (
	"errors"
	"fmt"
	"io/fs"

	"homeport/cause"
)

// marksAside is what marks.json is called once it could not be read.
const marksAside = "marks.json.unreadable"

// marksLost is why a version is pinned, and no base, when its marks were lost.
const marksLost = string(cause.VersionNotesLost)

// healMarks replaces marks that cannot be read, so that the store goes on by
// itself: nobody knows any more which versions are pinned and which are damaged,
// so all are kept, and none is built on. What is to be told about it stays in the
// new marks until tellLost takes it: who heals is often not who can tell. The
// caller has the lock. Marks of a later Homeport are an error and stay.
func (p *phone) healMarks() error {
	unlock, err := p.lockMarks()
	if err != nil {
		return err
	}
	defer unlock()
	_, err = p.readMarks()
	if err == nil {
		return nil
	}
	if id, _ := cause.Of(err); id == cause.StoreTooNew {
		return err
	}
	unreadable := err
	names, err := p.versionNames()
	if err != nil {
		return err
	}
	if err := removeAll(p.dir, marksAside); err != nil {
		return err
	}
	if err := p.dir.Rename(marksName, p.dir, marksAside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	m := marks{Format: formatNumber, Versions: map[VersionID]mark{}, Lost: &lost{len(names), unreadable.Error()}}
	for n := range names {
		m.Versions[VersionID(n)] = mark{Pinned: true, Why: marksLost, Unfit: marksLost}
	}
	return p.writeMarks(m)
}

// tellLost returns what healMarks left to be told, once; nil when there is nothing.
// The caller has the lock.
func (p *phone) tellLost() *cause.Error {
	unlock, err := p.lockMarks()
	if err != nil {
		return nil // it is told the next time
	}
	defer unlock()
	m, err := p.readMarks()
	if err != nil || m.Lost == nil {
		return nil
	}
	told := m.Lost
	m.Lost = nil
	_ = p.writeMarks(m) // else it is told once more
	return cause.New(cause.VersionNotesLost, cause.Evidence{"count": told.Count},
		fmt.Errorf("read marks: set aside as %s: %s", marksAside, told.Why))
}
