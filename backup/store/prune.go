package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Prune removes all but the newest keepLast sound versions of a phone, and
// returns what it removed. Pinned versions, what is not ours, and the base of a
// partial stay; so does every version as long as there is no newer sound one. It
// takes the phone's lock (already-running when a run holds it). keepLast below 1
// counts as 1.
func (s *Store) Prune(ctx context.Context, udid string, keepLast int) ([]VersionID, error) {
	if err := s.here(); err != nil {
		return nil, err
	}
	known, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		known.close()
	}
	p, err := s.preparePhone(udid)
	if err != nil {
		return nil, err
	}
	defer p.close()
	// Pins that cannot be read would be broken.
	if _, err := p.readMarks(); err != nil {
		return nil, caused(fmt.Errorf("prune: %w", err), s.path)
	}
	partial, err := p.recover(ctx)
	if err != nil {
		return nil, caused(fmt.Errorf("prune: %w", err), s.path)
	}
	vs, err := p.versions(ctx)
	if err != nil {
		return nil, err
	}
	var base VersionID
	if partial != nil {
		base = partial.Base
	}
	var removed []VersionID
	for _, id := range outdated(vs, keepLast, base) {
		if ctx.Err() != nil {
			return removed, context.Cause(ctx)
		}
		if err := p.trash(versionsName, string(id)); err != nil {
			return removed, caused(fmt.Errorf("prune %s: %w", id, err), s.path)
		}
		removed = append(removed, id)
	}
	return removed, nil
}

// outdated picks what Prune removes from vs, which are newest first. A damaged
// version goes only when it is older than the sound ones that are kept: until
// then it may be the last copy of something.
func outdated(vs []Version, keepLast int, base VersionID) []VersionID {
	keepLast = max(1, keepLast)
	sound := 0
	var out []VersionID
	for _, v := range vs {
		if sound >= keepLast && !v.Pinned && v.ID != base && v.ours() {
			out = append(out, v.ID)
		}
		if v.Sound() {
			sound++
		}
	}
	return out
}

// ours says whether the entry is a version that we made and can read.
func (v Version) ours() bool { return v.ID.Valid() && !v.Finished.IsZero() }
