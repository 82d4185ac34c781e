package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"homeport/cause"
)

// Versions lists the versions of a phone, or of all phones when udid is "",
// newest first. What lies among them and is no version of ours, or cannot be
// read, is listed too, with Damage saying why; it is never touched and never
// used. A phone without versions gives an empty list.
func (s *Store) Versions(ctx context.Context, udid string) ([]Version, error) {
	if udid == "" {
		return s.allVersions(ctx)
	}
	p, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, caused(err, s.path)
	}
	defer p.close()
	return p.versions(ctx)
}

func (s *Store) allVersions(ctx context.Context) ([]Version, error) {
	udids, err := s.UDIDs()
	if err != nil {
		return nil, err
	}
	var all []Version
	for _, u := range udids {
		vs, err := s.Versions(ctx, u)
		if err != nil {
			return nil, err
		}
		all = append(all, vs...)
	}
	return all, nil
}

// Find returns the version with this id, of whichever phone. The cause of an
// error is no-such-version when there is none.
func (s *Store) Find(ctx context.Context, id VersionID) (Version, error) {
	all, err := s.allVersions(ctx)
	if err != nil {
		return Version{}, err
	}
	for _, v := range all {
		if v.ID == id {
			return v, nil
		}
	}
	return Version{}, cause.New(cause.NoSuchVersion, cause.Evidence{"name": string(id)}, fmt.Errorf("find version %q: there is none", id))
}

// Newest returns the newest version of a phone that nothing is known against,
// and whether there is one.
func (s *Store) Newest(ctx context.Context, udid string) (Version, bool, error) {
	vs, err := s.Versions(ctx, udid)
	for _, v := range vs {
		if v.Latest {
			return v, true, err
		}
	}
	return Version{}, false, err
}

func (p *phone) versions(ctx context.Context) ([]Version, error) {
	names, under, err := p.settledNames()
	if err != nil {
		return nil, caused(err, p.path())
	}
	known, err := p.readMarks()
	if err != nil {
		known.Versions = nil // the versions themselves are still worth listing
	}
	list := under
	for n := range names {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		list = append(list, p.readVersion(VersionID(n), known.Versions[VersionID(n)]))
	}
	slices.SortFunc(list, newerFirst)
	numberPasswords(list)
	for i := range list {
		if list[i].Sound() {
			list[i].Latest = true
			break
		}
	}
	return list, nil
}

// settledNames lists what is in versions/, without what is being merged, which under
// tells of. A merge that begins or ends meanwhile has it look again.
func (p *phone) settledNames() (names map[string]bool, under []Version, err error) {
	before, err := p.merges()
	for range 5 {
		if err != nil {
			return nil, nil, err
		}
		if names, err = p.versionNames(); err != nil {
			return nil, nil, err
		}
		var after []merge
		if after, err = p.merges(); slices.Equal(before, after) {
			break
		}
		before = after
	}
	for _, m := range before {
		delete(names, string(m.Base))
		delete(names, string(m.Version))
		under = append(under, Version{ID: m.Version, UDID: p.name, Path: p.versionPath(m.Version), Damage: merging, Merging: true})
	}
	return names, under, err
}

// readVersion reads one entry of versions/.
func (p *phone) readVersion(id VersionID, m mark) Version {
	bad := Version{ID: id, UDID: p.name, Path: p.versionPath(id), Pinned: m.Pinned}
	if !id.Valid() {
		bad.Damage = "not a version of Homeport"
		return bad
	}
	d, err := openPath(p.dir, versionsName, string(id))
	if err != nil {
		bad.Damage = fmt.Sprintf("cannot be opened: %v", err)
		return bad
	}
	defer d.Close()
	r, err := readRecord(d, id)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		bad.Damage = recordName + " is missing"
		return bad
	case err != nil:
		bad.Damage = err.Error()
		return bad
	case !sameUDID(r.UDID, p.name):
		bad.Damage = "belongs to another phone"
		return bad
	}
	return r.version(p.versionPath(id), m)
}
