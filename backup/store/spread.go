package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"homeport/backup/mobilesync"
)

// spread looks at the damaged files of a version in the phone's other versions,
// which may share them, and notes where they are damaged too: one bad block of the
// drive hits every version that has it. It returns those versions, newest first.
// What cannot be written to the marks is found again.
func (p *phone) spread(ctx context.Context, v Version, r Report) ([]VersionID, error) {
	paths := sharedPaths(v, r)
	if len(paths) == 0 {
		return nil, nil
	}
	vs, err := p.versions(ctx)
	if err != nil {
		return nil, err
	}
	var hit []VersionID
	for _, other := range vs {
		if other.ID == v.ID || !other.ours() {
			continue
		}
		damage, err := p.damagedAt(ctx, other, paths)
		if ctx.Err() != nil {
			return hit, context.Cause(ctx)
		}
		if err != nil || len(damage) == 0 {
			continue // a version that cannot be read is not damaged by that alone
		}
		hit = append(hit, other.ID)
		borrowNames(damage, r.Damage)
		if other.Sound() {
			_ = p.markChecked(other, Report{ID: other.ID, Level: r.Level, Damage: damage})
		}
	}
	return hit, nil
}

// borrowNames takes over which of the phone's files the bodies are: an id says the
// same in every version.
func borrowNames(damage, from []mobilesync.Damage) {
	for i := range damage {
		_, path, _ := strings.Cut(damage[i].Path, "/")
		for _, d := range from {
			if _, other, _ := strings.Cut(d.Path, "/"); other == path && d.Domain != "" {
				damage[i].Domain, damage[i].RelativePath = d.Domain, d.RelativePath
			}
		}
	}
}

// sharedPaths are the damaged bodies, below <UDID>/ and in order: the other files
// are each version's own.
func sharedPaths(v Version, r Report) []string {
	var paths []string
	for _, d := range r.Damage {
		_, path, _ := strings.Cut(d.Path, "/")
		if _, ok := bodyID(path); ok && d.Kind != mobilesync.Stray {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// damagedAt compares the files at some paths with the seal of a version. What the
// version does not have is not compared.
func (p *phone) damagedAt(ctx context.Context, v Version, paths []string) ([]mobilesync.Damage, error) {
	d, err := openPath(p.dir, versionsName, string(v.ID))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	r, err := readRecord(d, v.ID)
	if err != nil {
		return nil, err
	}
	home, err := d.OpenDir(r.UDID)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	f, err := d.Open(sumsName)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sums := newSumsReader(f)
	buf := make([]byte, 256<<10)
	var damage []mobilesync.Damage
	for _, path := range paths {
		full := r.UDID + "/" + path
		if !sums.seek(full) {
			continue
		}
		got, _, err := hashFile(ctx, home, path, buf)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			damage = append(damage, mobilesync.Damage{Path: full, Kind: kindOf(err)})
		case got != sums.sum:
			damage = append(damage, mobilesync.Damage{Path: full, Kind: mobilesync.Changed})
		}
	}
	// Only a seal that is the version's own says what its files should be.
	if seal, err := sums.finish(); err != nil || seal != r.Seal {
		return nil, errors.Join(err, errSums)
	}
	return damage, nil
}
