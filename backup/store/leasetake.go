package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"homeport/cause"
)

// patience says whether a lease of another computer is watched until it counts as
// stale.
type patience bool

const (
	patient patience = true
	atOnce  patience = false
)

// How long a lock that another process has is tried again before the phone is busy. A
// process that is only looking lets it go in a moment, and one that has just taken it
// writes its lease. Where servers keep the locks, that of a dead computer is let go
// after NFS's 90 s, and its lease is stale then.
const (
	shortly   = 200 * time.Millisecond
	noLease   = time.Second
	otherHost = 150 * time.Second
)

// taker is one taking of a phone's lock and lease; see the package comment.
type taker struct {
	phone    *phone
	task     Task
	patience patience
	begun    time.Time
	first    *lease // another computer's, as it was seen at since
	since    time.Time
	stale    *lease // decided to be
	above    int
	told     bool
}

// take takes the lock and the lease of the phone, or fails with already-running.
func (p *phone) take(ctx context.Context, t Task, w patience) error {
	tk := &taker{phone: p, task: t, patience: w, begun: time.Now()}
	for {
		wait, err := tk.try()
		if err != nil {
			return caused(err, p.path())
		}
		if p.keeper != nil {
			return nil
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// try goes one step, and answers when to try again.
func (tk *taker) try() (time.Duration, error) {
	p := tk.phone
	locked, err := tk.lock()
	if err != nil {
		return 0, err
	}
	seen, err := p.readLease(leaseName)
	switch {
	case err != nil:
		return 0, err
	case !locked:
		return tk.refused(seen)
	case seen == nil:
		return lockPoll, tk.enter()
	case p.isDead(seen) || seen.sameAs(tk.stale):
		return lockPoll, tk.over(seen)
	}
	stood, err := tk.watch(seen)
	switch {
	case err != nil:
		return 0, err
	case tk.patience == atOnce:
		return 0, p.busy(seen, stood)
	case stood >= p.store.options.leaseStale:
		tk.stale = seen
		return lockPoll, tk.over(seen)
	}
	if tell := p.store.options.Waiting; tell != nil && !tk.told {
		tell(p.holder(seen), p.store.options.leaseStale)
	}
	tk.told = true
	return p.store.options.leaseEvery / 5, nil
}

// lock takes the OS lock, where there are any.
func (tk *taker) lock() (bool, error) {
	p := tk.phone
	if p.lock != nil {
		return true, nil
	}
	l, err := p.tryLock(lockName)
	if errors.Is(err, errNoLocks) {
		return true, nil
	}
	p.lock = l
	return l != nil, err
}

// refused decides when the OS lock is somebody else's.
func (tk *taker) refused(seen *lease) (time.Duration, error) {
	p, limit, poll := tk.phone, shortly, lockPoll
	var stood time.Duration
	switch {
	case seen == nil:
		limit = noLease
	case !p.here(seen):
		var err error
		if stood, err = tk.watch(seen); err != nil {
			return 0, err
		}
		if tk.patience == patient {
			limit, poll = otherHost, max(lockPoll, p.store.options.leaseEvery/5)
		}
	}
	if time.Since(tk.begun) >= limit {
		return 0, p.busy(seen, stood)
	}
	return poll, nil
}

// watch answers for how long another computer's lease has been seen to stand still.
// One that moves, or changed hands, is of somebody who lives: already-running.
func (tk *taker) watch(seen *lease) (time.Duration, error) {
	if tk.first == nil {
		tk.first, tk.since = seen, time.Now()
	}
	if !seen.stoodStill(tk.first) {
		return 0, tk.phone.busy(seen, 0)
	}
	return time.Since(tk.since), nil
}

// isDead tells whether the holder of a lease is known not to live: the OS lock that
// processes of this computer have is ours, or the computer has been restarted since.
func (p *phone) isDead(l *lease) bool {
	if p.lock != nil && p.here(l) {
		return true
	}
	o := p.store
	return l.Host == o.options.Host.ID && l.Boot != "" && o.system != "" && l.Boot != o.system
}

// over takes a lease over whose holder is dead or stale. Another taker may have been
// faster: then there is nothing to do but to look again. What the old holder was making
// is listed while its lease is there: nothing of a later one can be among it.
func (tk *taker) over(seen *lease) error {
	p := tk.phone
	var theirs []string
	if p.lock == nil || !p.here(seen) {
		var err error
		if theirs, err = p.staged(); err != nil {
			return err
		}
	}
	won, err := p.consume(seen)
	if err != nil || !won {
		return err
	}
	if seen.Token != "" {
		if err := removeAll(p.dir, seen.fresh()); err != nil {
			return err
		}
	}
	if err := p.takeAway(theirs, seen); err != nil {
		return err
	}
	tk.above = max(tk.above, seen.Above)
	for _, n := range theirs {
		tk.above = max(tk.above, VersionID(n).Generation())
	}
	return tk.enter()
}

// staged lists what is in staging/.
func (p *phone) staged() ([]string, error) {
	d, err := p.dir.OpenDir(stagingName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Names()
}

// takeAway moves stages of another holder to where its last rename does not find them.
func (p *phone) takeAway(stages []string, of *lease) error {
	if len(stages) == 0 {
		return nil
	}
	from, err := p.dir.OpenDir(stagingName)
	if err != nil {
		return err
	}
	defer from.Close()
	bin, err := ensureDir(p.dir, trashName)
	if err != nil {
		return err
	}
	defer bin.Close()
	mark := "." + newUUID()
	for _, n := range stages {
		switch _, merges, err := mergeIn(from, n); {
		case err != nil:
			return err
		case merges:
			continue // on its way into the place of its base: recovery finishes it
		}
		err := from.Rename(n, bin, n+mark)
		if heldOpen(err) {
			return cause.New(cause.AlreadyRunning, p.holder(of).evidence(p), fmt.Errorf("take over: %w", err))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return from.Sync()
}

// consume takes the lease away that want is, so that of several who try one does. It
// answers false when the lease there is another one by now, which then stays.
func (p *phone) consume(want *lease) (bool, error) {
	now, err := p.readLease(leaseName)
	if err != nil || !now.sameAs(want) {
		return false, err
	}
	taken := leasePrefix + newUUID() + takenSuffix
	if err := p.dir.Rename(leaseName, p.dir, taken); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, err
	}
	got, err := p.readLease(taken)
	if err != nil || !got.sameAs(want) {
		if p.dir.RenameNew(taken, p.dir, leaseName) != nil {
			_ = removeAll(p.dir, taken) // its holder has renewed it, or lost it
		}
		return false, err
	}
	return true, removeAll(p.dir, taken)
}

// enter writes the lease of this taking, if no other has. On a disk without room the
// OS lock has to do, where there is one.
func (tk *taker) enter() error {
	p, o := tk.phone, tk.phone.store.options
	l := &lease{
		Format: formatNumber, Token: newUUID(), Host: o.Host.ID, Boot: p.store.system, PID: os.Getpid(),
		Start: o.Now().UTC(), Counter: 1, Above: tk.above, Computer: o.Host.Name, Does: tk.task,
	}
	done, err := p.put(l)
	if noRoom(err) {
		_ = emptyDir(p.dir, trashName)
		done, err = p.put(l)
	}
	if noRoom(err) && p.lock != nil {
		p.keeper = newKeeper(p, *l, false)
		return nil
	}
	if err == nil && done {
		p.keeper = newKeeper(p, *l, true)
	}
	return err
}

// put gives a new lease its name, and answers false when another one has it.
func (p *phone) put(l *lease) (bool, error) {
	err := p.writeLease(l)
	if err == nil {
		err = p.dir.RenameNew(l.fresh(), p.dir, leaseName)
	}
	if err != nil {
		_ = removeAll(p.dir, l.fresh())
		if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, err
	}
	// Where that was not one step, another one may have had the same thought.
	back, err := p.readLease(leaseName)
	return back.sameAs(l), err
}

// tidyLeases removes what takers and holders left that died in the middle. What is
// young may be somebody's who lives.
func (p *phone) tidyLeases() error {
	names, err := p.dir.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if len(n) <= len(leaseName) || n[:len(leasePrefix)] != leasePrefix {
			continue
		}
		info, err := p.dir.Lstat(n)
		if err != nil || !info.Regular() || p.store.options.Now().Sub(info.ModTime) < time.Hour {
			continue
		}
		if err := removeAll(p.dir, n); err != nil {
			return err
		}
	}
	return nil
}
