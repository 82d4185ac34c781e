package store

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"homeport/cause"
)

// Recover brings every phone's folder into order after a crash: staging is kept
// as a partial or dropped, trash is emptied, the link renewed. It is idempotent. A
// phone whose lock another run holds is left to that run. Versions are not
// touched.
func (s *Store) Recover(ctx context.Context) error {
	if err := s.here(); err != nil {
		return err
	}
	if err := s.sweep(); err != nil {
		return caused(err, s.path)
	}
	udids, err := s.UDIDs()
	if err != nil {
		return err
	}
	var failed []error
	for _, u := range udids {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := s.recoverPhone(ctx, u); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// sweep removes what a probe for writing left behind.
func (s *Store) sweep() error {
	names, err := s.home.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if strings.HasPrefix(n, "probe-") {
			if err := removeAll(s.home, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) recoverPhone(ctx context.Context, udid string) error {
	p, err := s.preparePhone(ctx, udid, TaskRecover, atOnce)
	if id, _ := cause.Of(err); id == cause.AlreadyRunning {
		return nil
	}
	if err != nil {
		return err
	}
	defer p.close()
	_, err = p.recover(ctx)
	return caused(p.blame(err), s.path)
}

// recover works on one phone whose lock is held, and returns the partial, if
// there is one to go on with.
func (p *phone) recover(ctx context.Context) (*state, error) {
	for _, n := range []string{marksName + freshSuffix, scrubName + freshSuffix, "link" + freshSuffix} {
		if err := removeAll(p.dir, n); err != nil {
			return nil, err
		}
	}
	if err := p.tidyLeases(); err != nil {
		return nil, err
	}
	// Whoever lost the lease may still write to what was taken from it: then some of it
	// is left to the next recovery.
	if err := emptyDir(p.dir, trashName); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	err := p.finishMerges(func(v Version) { _, _ = p.passes(ctx, v) })
	if err != nil {
		return nil, err
	}
	if err := p.healMarks(); err != nil {
		return nil, err
	}
	vs, err := p.versions(ctx)
	if err != nil {
		return nil, err
	}
	newest := 0
	for _, v := range vs {
		if v.under == 0 { // what was imported among older ones outdates no partial
			newest = max(newest, v.ID.Generation())
		}
	}
	partial, err := p.sortStaging(newest)
	if err != nil {
		return nil, err
	}
	for _, v := range vs {
		if v.Latest {
			p.relink(v.ID, v.UDID)
		}
	}
	return partial, nil
}

// Left is a run that nobody ended: its process was killed, or the computer lost power.
type Left struct {
	UDID    string
	Version VersionID // that was being made
	Started time.Time
	// Resumable says that the next run goes on where this one stopped.
	Resumable bool
}

// Left lists the runs that recovery, or Begin, has found so far since Open, each once in
// the life of the store.
func (s *Store) Left() []Left {
	s.leftMu.Lock()
	defer s.leftMu.Unlock()
	return slices.Clone(s.left)
}

// found notes a stage that was neither kept nor ended, for Left. That it was noted is
// written down where the stage stays; if that fails it is told once more.
func (p *phone) found(s *state, keep bool) {
	if s.Version == "" || s.Kept || s.Found || s.Imported || s.Format > formatNumber {
		return
	}
	p.store.leftMu.Lock()
	p.store.left = append(p.store.left, Left{s.UDID, s.Version, s.Started, keep})
	p.store.leftMu.Unlock()
	s.Found = true
	if !keep {
		return
	}
	if d, err := openPath(p.dir, stagingName, string(s.Version)); err == nil {
		_ = s.write(d)
		_ = d.Close()
	}
}

// sortStaging keeps the newest partial and drops everything else in staging/,
// but for what a later Homeport made.
func (p *phone) sortStaging(newest int) (*state, error) {
	d, err := p.dir.OpenDir(stagingName)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return nil, err
	}
	var best *state
	now, boot := p.store.options.Now(), p.store.options.boot
	for _, n := range names {
		s, keep := p.judge(n, now, boot, newest)
		p.found(&s, keep)
		if keep && s.Format > formatNumber {
			continue
		}
		drop := n
		if keep && (best == nil || s.Version.Generation() > best.Version.Generation()) {
			drop = ""
			if best != nil {
				drop = string(best.Version)
			}
			best = &s
		}
		if drop != "" {
			if err := p.trash(stagingName, drop); err != nil {
				return nil, err
			}
		}
	}
	return best, nil
}
