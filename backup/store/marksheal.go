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
// so all are kept, and none is built on. The answer is what to tell, nil when
// there is nothing. The caller has the lock. Marks of a later Homeport are an
// error and stay.
func (p *phone) healMarks() (*cause.Error, error) {
	p.store.marks.Lock()
	defer p.store.marks.Unlock()
	_, err := p.readMarks()
	if err == nil {
		return nil, nil
	}
	if id, _ := cause.Of(err); id == cause.StoreTooNew {
		return nil, err
	}
	unreadable := err
	names, err := p.versionNames()
	if err != nil {
		return nil, err
	}
	if err := removeAll(p.dir, marksAside); err != nil {
		return nil, err
	}
	if err := p.dir.Rename(marksName, p.dir, marksAside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	m := marks{Format: formatNumber, Versions: map[VersionID]mark{}}
	for n := range names {
		m.Versions[VersionID(n)] = mark{Pinned: true, Why: marksLost, Unfit: marksLost}
	}
	if err := p.writeMarks(m); err != nil {
		return nil, err
	}
	return cause.New(cause.VersionNotesLost, cause.Evidence{"count": len(names)},
		fmt.Errorf("read marks: set aside as %s: %w", marksAside, unreadable)), nil
}
