package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// Begin takes the phone's lock and prepares a stage: the partial if there is
// one, else a clone of the newest version that passes a quick check, else an
// empty folder. udid is as the phone spells it. The caller ends the stage with
// Publish, Keep or Discard.
//
// A version that fails the check is marked as damaged and passed over; see
// StageInfo.Skipped. The causes of the errors are already-running and those of
// Open, and of a disk that is full or fails.
func (s *Store) Begin(ctx context.Context, udid string) (*Stage, error) {
	if err := s.here(); err != nil {
		return nil, err
	}
	p, err := s.preparePhone(ctx, udid, TaskBackup, patient)
	if err != nil {
		return nil, err
	}
	var st *Stage
	err = cause.Guard(func() (err error) { // what was prepared is given back, whatever happens
		st, err = p.begin(ctx, udid)
		return err
	})
	if err == nil {
		// Nothing that another computer has taken over meanwhile is handed out.
		if err = p.check(); err != nil {
			_ = st.Discard()
			return nil, caused(err, s.path)
		}
	}
	if err != nil {
		err = p.blame(err)
		p.close()
		return nil, caused(err, s.path)
	}
	return st, nil
}

func (p *phone) begin(ctx context.Context, udid string) (*Stage, error) {
	partial, err := p.recover(ctx)
	if err != nil {
		return nil, err
	}
	if partial != nil {
		shares, err := p.sharesDamage(ctx, *partial)
		if err != nil {
			return nil, err
		}
		var st *Stage
		if !shares {
			st, err = p.resume(*partial)
		}
		if st != nil && err == nil {
			return st, nil
		}
		if err := p.trash(stagingName, string(partial.Version)); err != nil {
			return nil, err
		}
	}
	return p.fresh(ctx, udid)
}

// sharesDamage reports whether what a partial was cloned from has been found damaged
// since: it may have been so already when it was cloned; or is damaged now: by hard
// links, or as a mirror, the partial has the same damage, and the phone will not send
// again what it takes to be there.
func (p *phone) sharesDamage(ctx context.Context, s state) (bool, error) {
	if s.Base == "" {
		return false, nil
	}
	vs, err := p.versions(ctx)
	if err != nil {
		return false, err
	}
	for _, v := range vs {
		if v.ID == s.Base && s.Strategy != tree.HardLink.String() && s.Strategy != mirrored {
			return !v.Sound(), nil
		}
		if v.ID == s.Base {
			good, err := p.passes(ctx, v)
			return !good, err
		}
	}
	// Removed: its files are read again when the partial is published, if they are there.
	return s.Strategy == mirrored, nil
}

// resume goes on in a partial. The counter is durable before the engine gets it,
// so that a partial which always ends badly comes to an end.
func (p *phone) resume(s state) (*Stage, error) {
	d, err := openPath(p.dir, stagingName, string(s.Version))
	if err != nil {
		return nil, err
	}
	st := &Stage{phone: p, dir: d, state: s, fresh: &received{}}
	if err := st.reopen(); err != nil {
		_ = d.Close()
		return nil, err
	}
	return st, nil
}

func (st *Stage) reopen() error {
	var err error
	if st.carried, err = loadReceived(st.dir, st.state.Received); err != nil {
		return err
	}
	if err := removeTemps(st.dir); err != nil {
		return err
	}
	for _, n := range []string{recordName, sumsName, sumsName + freshSuffix} {
		if err := removeAll(st.dir, n); err != nil {
			return err
		}
	}
	st.state.Resumes++
	st.state.Kept, st.state.Found = false, false
	st.state.Boot = st.phone.store.options.boot
	st.info = StageInfo{
		Version: st.state.Version, Base: st.state.Base, Resumes: st.state.Resumes, Strategy: st.state.Strategy,
	}
	return st.state.write(st.dir)
}

// removeTemps removes what an engine was writing when it was killed.
func removeTemps(d tree.Dir) error {
	names, err := d.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if tree.IsTemp(n) {
			if err := removeAll(d, n); err != nil {
				return err
			}
			continue
		}
		if _, body := mobilesync.ParseFileID(n); body {
			continue // a hundred thousand of them need no look
		}
		if info, err := d.Lstat(n); err != nil || !info.Dir() {
			continue
		}
		sub, err := d.OpenDir(n)
		if err != nil {
			return err
		}
		err = removeTemps(sub)
		_ = sub.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// fresh makes a new stage.
func (p *phone) fresh(ctx context.Context, udid string) (*Stage, error) {
	base, skipped, err := p.base(ctx)
	if err != nil {
		return nil, err
	}
	staging, err := p.dir.OpenDir(stagingName)
	if err != nil {
		return nil, err
	}
	defer staging.Close()
	st, err := p.newStage(staging, udid)
	if err != nil {
		return nil, err
	}
	st.info = StageInfo{Version: st.state.Version, Skipped: skipped}
	if base != nil {
		st.state.Base, st.info.Base = base.ID, base.ID
	}
	err = st.fill(ctx, base)
	if err == nil {
		err = staging.Sync()
	}
	if err != nil {
		_ = st.dir.Close()
		_ = p.trash(stagingName, string(st.state.Version)) // or recovery does it
		return nil, fmt.Errorf("prepare stage: %w", err)
	}
	return st, nil
}

// newStage makes the folder of a stage, with nothing in it.
func (p *phone) newStage(staging tree.Dir, udid string) (*Stage, error) {
	id, err := p.nextID()
	if err != nil {
		return nil, err
	}
	if err := staging.Mkdir(string(id)); err != nil {
		return nil, err
	}
	d, err := staging.OpenDir(string(id))
	if err != nil {
		return nil, err
	}
	return &Stage{
		phone: p, dir: d, fresh: &received{}, carried: &received{},
		state: state{Version: id, UDID: udid, Started: p.store.options.Now().UTC(), Boot: p.store.options.boot},
	}, nil
}

// fill makes <UDID>/ in the stage and clones the base into it.
func (st *Stage) fill(ctx context.Context, base *Version) error {
	if err := st.state.write(st.dir); err != nil {
		return err
	}
	to, err := ensureDir(st.dir, st.state.UDID)
	if err != nil {
		return err
	}
	defer to.Close()
	if base != nil {
		if err := st.cloneBase(ctx, base, to); err != nil {
			return err
		}
		if err := st.pastClone(ctx); err != nil {
			return err
		}
	}
	if st.state.Mark, err = fileTime(st.dir); err != nil {
		return err
	}
	st.state.Cloned = true
	return st.state.write(st.dir)
}

func (st *Stage) cloneBase(ctx context.Context, base *Version, to tree.Dir) error {
	way, err := probeClone(st.dir)
	if err != nil {
		return err
	}
	from, err := openPath(st.phone.dir, versionsName, string(base.ID), base.UDID)
	if err != nil {
		return err
	}
	defer from.Close()
	if st.mayMirror(way, base) {
		return st.mirror(ctx, base, from, to)
	}
	c := &cloner{way: way}
	if way == tree.FullCopy {
		c.tell = newTeller(st.phone.store.options.Copying, base.Bytes)
	}
	began := time.Now()
	if err := c.clone(ctx, from, to); err != nil {
		return err
	}
	st.state.Strategy, st.info.Strategy = way.String(), way.String()
	st.info.Clone, st.info.Files = time.Since(began), int(c.files.Load())
	return nil
}

// fewFiles are as soon read as pastClone has waited.
const fewFiles = 4096

// pastClone waits until the clock of files is past the last body that was cloned: a
// clone that is no hard link has the time at which it was made, and one that is not
// older than the mark is read at the end. The clock goes in steps of up to 10 ms.
func (st *Stage) pastClone(ctx context.Context) error {
	if st.state.Strategy == tree.HardLink.String() || st.info.Files < fewFiles {
		return nil
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}

// fileTime returns the time that the file system gives to a file made now. It is
// the file system's clock, in its own steps, that later decides which files are
// older than this.
func fileTime(d tree.Dir) (time.Time, error) {
	const name = "mark"
	if err := removeAll(d, name); err != nil {
		return time.Time{}, err
	}
	f, err := d.Create(name)
	if err != nil {
		return time.Time{}, err
	}
	_, err = f.Write([]byte("mark"))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return time.Time{}, err
	}
	info, err := d.Lstat(name)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime, removeAll(d, name)
}

// base picks the newest version that passes a quick check, and if it was imported is
// fully proven; none when a phone has
// refused to build on it: to offer it an older one would only ask for its
// passcode once more.
func (p *phone) base(ctx context.Context) (*Version, []VersionID, error) {
	vs, err := p.versions(ctx)
	if err != nil {
		return nil, nil, err
	}
	var skipped []VersionID
	for _, v := range vs {
		if !v.proven() {
			continue
		}
		good, err := p.passes(ctx, v)
		if err != nil {
			return nil, nil, err
		}
		if good && v.unfit {
			return nil, skipped, nil
		}
		if good {
			return &v, skipped, nil
		}
		skipped = append(skipped, v.ID)
	}
	return nil, skipped, nil
}

// passes reports whether nothing is known against a version and a quick check finds
// nothing either. The error is that of ctx.
func (p *phone) passes(ctx context.Context, v Version) (bool, error) {
	if !v.Sound() {
		return false, nil
	}
	r, err := p.verify(ctx, v, &verifier{level: Quick})
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if err == nil && r.OK {
		return true, nil
	}
	// The mark spares the next run the check; without it the next run finds
	// the damage again. A disk that could not be read just now may answer
	// next time, and is no reason to condemn the version.
	if err == nil && lasting(r) {
		_ = p.markChecked(v, r)
	}
	return false, nil
}

// nextID names a new version. Its generation is above all that the phone's
// folders have ever shown, and above what a holder could use whose lease was taken
// over.
func (p *phone) nextID() (VersionID, error) {
	top := p.keeper.above()
	for _, folder := range []string{versionsName, stagingName, trashName} {
		d, err := p.dir.OpenDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		names, err := d.Names()
		_ = d.Close()
		if err != nil {
			return "", err
		}
		for _, n := range names {
			top = max(top, VersionID(n).Generation())
		}
	}
	return newVersionID(p.store.options.Now(), top+1), nil
}
