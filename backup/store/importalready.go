package store

import (
	"context"
)

// already finds the sound version that the folder is a copy of, if there is one.
func (p *phone) already(ctx context.Context, src *Source) (Version, bool, error) {
	vs, err := p.versions(ctx)
	if err != nil {
		return Version{}, false, err
	}
	var want map[string]sum
	for _, v := range vs {
		if !v.Sound() || v.Files+len(besides) > src.Files {
			continue
		}
		if want == nil {
			if want, err = src.sums(ctx); err != nil {
				return Version{}, false, err
			}
		}
		if p.holds(v, want) {
			return v, true, nil
		}
	}
	return Version{}, false, nil
}

// sums reads the files beside the bodies: Manifest.db names every body, and Status.plist
// the run that made them.
func (src *Source) sums(ctx context.Context) (map[string]sum, error) {
	got := map[string]sum{}
	buf := make([]byte, 256<<10)
	for _, n := range besides {
		s, _, err := hashFile(ctx, src.dir, n, buf)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, src.reading(err)
		}
		got[n] = s
	}
	return got, nil
}

// holds says whether a version was sealed with these sums.
func (p *phone) holds(v Version, want map[string]sum) bool {
	d, err := openPath(p.dir, versionsName, string(v.ID))
	if err != nil {
		return false
	}
	defer d.Close()
	f, err := d.Open(sumsName)
	if err != nil {
		return false
	}
	defer f.Close()
	r, found := newSumsReader(f), 0
	for r.next() {
		if len(r.path) <= len(v.UDID) {
			continue
		}
		if s, ok := want[r.path[len(v.UDID)+1:]]; ok && s == r.sum {
			found++
		}
	}
	return r.err == nil && found == len(want)
}
