package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// Hold keeps a version in its place while something reads it for long, as a
// restore does, and knows with which sums it was sealed. While it holds, nothing
// is published for that phone in this store and nothing removed.
type Hold struct {
	phone  *phone
	id     VersionID
	why    string
	pinned bool // by this hold

	udid   string
	bodies []sealed // by id
	others map[string]sum
}

// sealed is a body with the sum of its seal, in the least room: a phone can have
// more than a million.
type sealed struct {
	id  mobilesync.FileID
	sum sum
}

// Hold takes lock and lease of the version's phone, reads the seal, and pins the version
// with why in its mark, so that it stays even if this process dies: the pin is
// then taken off by the next Hold with the same why that is released, or by hand.
// A store that cannot be written to needs no pin. The caller calls Release.
//
// The causes of its errors are no-such-version, already-running while a run or
// another Hold has the lock, and version-damaged when the seal is not the one that
// the version was published with.
func (s *Store) Hold(ctx context.Context, v Version, why string) (*Hold, error) {
	p, err := s.openPhone(v.UDID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cause.New(cause.NoSuchVersion, cause.Evidence{"name": string(v.ID)}, err)
	}
	if err != nil {
		return nil, caused(err, s.path)
	}
	h := &Hold{phone: p, id: v.ID, why: why, others: map[string]sum{}}
	if err := h.take(ctx); err != nil {
		return nil, errors.Join(caused(fmt.Errorf("hold %s: %w", v.ID, err), s.path), h.Release())
	}
	return h, nil
}

func (h *Hold) take(ctx context.Context) error {
	if err := h.phone.take(ctx, TaskRestore, patient); err != nil && !errors.Is(err, syscall.EROFS) {
		return err
	}
	d, err := openPath(h.phone.dir, versionsName, string(h.id))
	if errors.Is(err, fs.ErrNotExist) {
		return cause.New(cause.NoSuchVersion, cause.Evidence{"name": string(h.id)}, err)
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := h.readSeal(d); err != nil {
		return err
	}
	return h.pin()
}

// pin leaves a pin of somebody else's as it is.
func (h *Hold) pin() error {
	err := h.phone.changeMark(h.id, func(m *mark) {
		if !m.Pinned || m.Why == h.why {
			m.Pinned, m.Why, h.pinned = true, h.why, true
		}
	})
	if errors.Is(err, syscall.EROFS) {
		h.pinned = false
		return nil
	}
	return err
}

// readSeal reads the sums, and proves them by the version's own record.
func (h *Hold) readSeal(d tree.Dir) error {
	broken := func(err error) error {
		return cause.New(cause.VersionDamaged, cause.Evidence{"version": string(h.id), "reason": err.Error()}, err)
	}
	r, err := readRecord(d, h.id)
	if id, _ := cause.Of(err); id == cause.StoreTooNew {
		return err
	}
	if err != nil || !sameUDID(r.UDID, h.phone.name) {
		return broken(errors.Join(fmt.Errorf("its %s is not the one of this version", recordName), err))
	}
	h.udid = r.UDID
	f, err := d.Open(sumsName)
	if err != nil {
		return broken(err)
	}
	defer f.Close()
	sums := newSumsReader(f)
	h.bodies = make([]sealed, 0, min(r.Sealed, 1<<21))
	for sums.next() {
		h.keep(sums.path, sums.sum)
	}
	switch seal, err := sums.finish(); {
	case err != nil:
		return broken(err)
	case seal != r.Seal:
		return broken(fmt.Errorf("its %s is not the one that it was published with", sumsName))
	}
	slices.SortFunc(h.bodies, func(a, b sealed) int { return bytes.Compare(a.id[:], b.id[:]) })
	return nil
}

func (h *Hold) keep(path string, s sum) {
	if body, ok := h.body(path); ok {
		h.bodies = append(h.bodies, sealed{body, s})
		return
	}
	h.others[path] = s
}

// body recognises <UDID>/xx/<id>.
func (h *Hold) body(path string) (mobilesync.FileID, bool) {
	n := len(h.udid)
	if len(path) <= n || path[:n] != h.udid || path[n] != '/' {
		return mobilesync.FileID{}, false
	}
	return bodyID(path[n+1:])
}

// Source is the name of the version's folder that holds the backup: the UDID as
// the phone spelled it.
func (h *Hold) Source() string { return h.udid }

// Sum answers the SHA-256 that a file of the version was sealed with; false for
// what is not part of the version. The path begins with Source.
func (h *Hold) Sum(rel tree.Rel) ([32]byte, bool) {
	id, isBody := h.body(rel.String())
	if !isBody {
		s, ok := h.others[rel.String()]
		return s, ok
	}
	i, ok := slices.BinarySearchFunc(h.bodies, id, func(b sealed, id mobilesync.FileID) int { return bytes.Compare(b.id[:], id[:]) })
	if !ok {
		return sum{}, false
	}
	return h.bodies[i].sum, true
}

// Release takes the pin off, if the hold made it, and lets the lock go. It may be
// called twice.
func (h *Hold) Release() error {
	var err error
	if h.pinned {
		h.pinned = false
		err = caused(h.phone.changeMark(h.id, func(m *mark) {
			if m.Why == h.why {
				m.Pinned, m.Why = false, ""
			}
		}), h.phone.store.path)
	}
	h.phone.close()
	return err
}
