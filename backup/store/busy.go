package store

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// Busy answers nil when nobody holds the phone's backups, and already-running when
// another run does, of this process, of another or of another computer. A lease of
// another computer is looked at for as long as its holder may take to renew it; one
// that stands still may be stale, and Begin finds out. It says nothing about the
// moment after.
func (s *Store) Busy(ctx context.Context, udid string) error {
	p, err := s.openPhone(udid)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return caused(err, s.path)
	}
	defer p.close()
	first, err := p.readLease(leaseName)
	if err != nil || first == nil {
		return caused(err, s.path)
	}
	free, err := p.freeHere(first)
	if err != nil || free {
		return caused(err, s.path)
	}
	every := s.options.leaseEvery
	for begun := time.Now(); time.Since(begun) < every+every/5; {
		if err := pause(ctx, every/5); err != nil {
			return err
		}
		seen, err := p.readLease(leaseName)
		if err != nil || seen == nil {
			return caused(err, s.path)
		}
		if !seen.stoodStill(first) {
			return p.busy(seen, 0)
		}
	}
	return nil
}

// freeHere takes the OS lock for a moment: already-running when another process has
// it, and true when the lease is that of a dead one.
func (p *phone) freeHere(seen *lease) (bool, error) {
	l, err := p.tryLock(lockName)
	switch {
	case err != nil && !errors.Is(err, errNoLocks):
		return false, err
	case err == nil && l == nil:
		return false, p.busy(seen, 0)
	case l == nil:
		return p.isDead(seen), nil
	}
	p.lock = l
	dead := p.isDead(seen)
	p.lock = nil
	return dead, l.Close()
}
