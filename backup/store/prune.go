package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Plan says what Prune would do with a phone's versions, and changes nothing. It
// measures what each removal frees. A phone without versions gives none.
func (s *Store) Plan(ctx context.Context, udid string, policy Policy) ([]Decision, error) {
	p, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, caused(err, s.path)
	}
	defer p.close()
	// Pins that cannot be read would be broken.
	if _, err := p.readMarks(); err != nil {
		return nil, caused(fmt.Errorf("plan: %w", err), s.path)
	}
	d, err := p.plan(ctx, policy, p.partialBase(), always)
	return d, caused(err, s.path)
}

// Prune applies a policy to a phone's versions (see Retain), and returns what it
// decided and did. It takes the phone's lock (already-running when a run or a Hold
// has it). A version goes in one step and whole; what a removal that was cut short
// leaves in trash/ is removed by the next recovery. With an error the decisions are
// those that were carried out.
func (s *Store) Prune(ctx context.Context, udid string, policy Policy) ([]Decision, error) {
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
	p, err := s.preparePhone(ctx, udid, TaskPrune, patient)
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
		return nil, caused(fmt.Errorf("prune: %w", p.blame(err)), s.path)
	}
	var base VersionID
	if partial != nil {
		base = partial.Base
	}
	decided, err := p.plan(ctx, policy, base, whenNeeded)
	if err != nil {
		return nil, caused(fmt.Errorf("prune: %w", err), s.path)
	}
	return p.carryOut(ctx, decided)
}

// carryOut removes what was decided, the oldest first. On an error it answers only
// the decisions that were carried out.
func (p *phone) carryOut(ctx context.Context, decided []Decision) ([]Decision, error) {
	for i := len(decided) - 1; i >= 0; i-- {
		d := decided[i]
		if d.Keep {
			continue
		}
		err := ctx.Err()
		if err != nil {
			err = context.Cause(ctx)
		} else if err = p.check(); err != nil {
			err = caused(fmt.Errorf("prune %s: %w", d.Version.ID, err), p.store.path)
		} else if err = p.trash(versionsName, string(d.Version.ID)); err != nil {
			err = caused(fmt.Errorf("prune %s: %w", d.Version.ID, p.blame(err)), p.store.path)
		}
		if err != nil {
			return decided[i+1:], err
		}
	}
	return decided, nil
}

// measuring says when the disk is measured, which looks at each file once.
type measuring bool

const (
	always     measuring = true
	whenNeeded measuring = false // when something goes, or may have to
)

// plan applies the policy to what there is.
func (p *phone) plan(ctx context.Context, policy Policy, base VersionID, when measuring) ([]Decision, error) {
	vs, err := p.versions(ctx)
	if err != nil {
		return nil, err
	}
	h := History{Versions: vs, Base: base}
	now, zone := p.store.options.Now(), time.Local
	decided := Retain(h, policy, now, zone)
	goes := slices.ContainsFunc(decided, func(d Decision) bool { return !d.Keep })
	if when == whenNeeded && policy.Size <= 0 && !goes {
		return decided, nil
	}
	if h.Shares, err = p.shares(ctx, vs); err != nil {
		return nil, err
	}
	return Retain(h, policy, now, zone), nil
}

// partialBase is the base of the newest stage that could be gone on with, as far
// as can be told without the lock.
func (p *phone) partialBase() VersionID {
	d, err := p.dir.OpenDir(stagingName)
	if err != nil {
		return ""
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return ""
	}
	var best state
	for _, n := range names {
		s, keep := p.judge(n, p.store.options.Now(), p.store.options.boot, 0)
		if keep && s.Version.Generation() > best.Version.Generation() {
			best = s
		}
	}
	return best.Base
}

// Resumes says whether a run of the phone was cut that the next one goes on with, as
// far as can be told without the lock.
func (s *Store) Resumes(udid string) bool {
	p, err := s.openPhone(udid)
	if err != nil {
		return false
	}
	defer p.close()
	return p.partialBase() != ""
}

// ours says whether the entry is a version that we made and can read.
func (v Version) ours() bool { return v.ID.Valid() && !v.Finished.IsZero() }
