package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// Stage is a version being made. It holds the lock of its phone until Publish
// succeeds, or Keep or Discard is called; of these the first that succeeds ends
// it, and the later ones do nothing. Wrote may be called by several goroutines,
// the others by one.
type Stage struct {
	phone *phone
	dir   tree.Dir // staging/<v>
	state state
	info  StageInfo

	shows   int64     // bytes of a mirror's base that show through; from the seal
	fresh   *received // reported in this run
	carried *received // reported in earlier runs of a partial

	keys *mobilesync.Keys // of an import that was opened with its password

	mu   sync.Mutex
	dead error // a sync failed; nothing here is to be trusted
	done bool
}

// StageInfo says how a stage began.
type StageInfo struct {
	Version VersionID
	// Base is the version that was cloned; "" for a stage that began empty.
	Base VersionID
	// Resumes is how often this partial was gone on with; 0 for a new stage.
	Resumes int
	// Strategy is how the base was cloned: reflink, hardlink or copy.
	Strategy string
	// Files is how many bodies were cloned, and Clone how long that took.
	Files int
	Clone time.Duration
	// Skipped are newer versions that were not taken as the base since a check
	// found them damaged.
	Skipped []VersionID
}

// Dir is the folder for the engine: it holds <UDID>/.
func (st *Stage) Dir() string {
	return filepath.Join(st.phone.path(), stagingName, string(st.state.Version))
}

// Info says how the stage began.
func (st *Stage) Info() StageInfo { return st.info }

// Wrote notes a body that arrived whole, for Job.Wrote. Names that are no file
// ids are left to Publish, which reads those files.
func (st *Stage) Wrote(rel tree.Rel, n int64, s [32]byte) {
	if id, ok := mobilesync.ParseFileID(rel.Base()); ok {
		st.fresh.add(receipt{id: id, sum: s, n: n})
	}
}

// errEnded is what Publish returns on a stage that was kept or discarded.
var errEnded = errors.New("use stage: it has ended")

// Keep leaves the stage behind as a partial: everything in it is made durable,
// with the sums of what was received. If that fails the stage is discarded and
// the error says why.
func (st *Stage) Keep() error {
	if st.ended() {
		return nil
	}
	err := st.dead
	if err == nil {
		err = st.phone.check()
	}
	if err == nil {
		err = st.keep()
	}
	if err != nil {
		_ = st.Discard()
		return caused(fmt.Errorf("keep partial: %w", err), st.phone.store.path)
	}
	st.end()
	return nil
}

func (st *Stage) keep() error {
	st.fresh.sort()
	st.fresh.merge(st.carried)
	if err := st.fresh.save(st.dir); err != nil {
		return err
	}
	if err := st.dir.SyncVolume(); err != nil {
		return err
	}
	st.state.Kept, st.state.Received = true, st.fresh.len()
	return st.state.write(st.dir)
}

// Discard throws the stage away. One that another computer has taken over is that
// one's to throw away.
func (st *Stage) Discard() error {
	if st.ended() {
		return nil
	}
	if st.phone.lost() != nil {
		st.end()
		return nil
	}
	st.closeDir() // Windows does not rename a folder that is open
	err := st.phone.trash(stagingName, string(st.state.Version))
	st.end()
	return caused(err, st.phone.store.path)
}

// Distrust notes that the run failed because of what it was built on, for a
// reason that why names: the next stage begins empty, which makes a full backup.
// The base stays what it is, a version that can be listed, checked and restored.
// A stage without a base has nothing to note.
func (st *Stage) Distrust(why cause.ID) error {
	if st.ended() || st.state.Base == "" {
		return nil
	}
	err := st.phone.changeMark(st.state.Base, func(m *mark) { m.Unfit = string(why) })
	return caused(err, st.phone.store.path)
}

// Guard returns a context that ends with ctx, or with lease-lost as soon as it is
// known that another computer has taken the phone's backups over. The caller calls
// stop when nothing is done with it any more.
func (st *Stage) Guard(ctx context.Context) (guarded context.Context, stop context.CancelFunc) {
	guarded, cancel := context.WithCancelCause(ctx)
	k := st.phone.keeper
	if k == nil {
		return guarded, func() { cancel(nil) }
	}
	release := context.AfterFunc(k.ctx, func() { cancel(context.Cause(k.ctx)) })
	return guarded, func() {
		release()
		cancel(nil)
	}
}

// Lost asks whether another computer has taken the phone's backups over, and answers
// lease-lost then. Whatever else has failed, failed because of that.
func (st *Stage) Lost() error {
	if st.ended() {
		return nil
	}
	return st.phone.lost()
}

// closeDir closes the stage's folder, once. A stage without it can only be
// discarded.
func (st *Stage) closeDir() {
	if st.dir != nil {
		_ = st.dir.Close()
		st.dir = nil
	}
}

func (st *Stage) ended() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.done
}

// end lets the lock go.
func (st *Stage) end() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.done {
		return
	}
	st.done = true
	st.closeDir()
	st.phone.close()
	st.fresh, st.carried = &received{}, &received{} // some MiB
}

// trash moves an entry of one of the phone's folders to trash/, in one step, and
// then removes it. What cannot be removed now is removed by recovery.
//
// A disk that is full may refuse even the renaming (btrfs does, beyond its quota), and
// then nothing would ever become free again. A stage is removed where it is, and its
// stage.json first: what is left of it without that is no partial.
func (p *phone) trash(folder, name string) error {
	err := p.moveToTrash(folder, name)
	if id, _ := tree.Cause(err); id != cause.HostDiskFullDuring || folder != stagingName {
		return err
	}
	d, oerr := openPath(p.dir, folder, name)
	if oerr != nil {
		return err
	}
	rerr := removeAll(d, stageName)
	_ = d.Close()
	if rerr != nil {
		return err
	}
	return emptyOut(p.dir, folder, name)
}

// emptyOut removes an entry of a folder.
func emptyOut(d tree.Dir, folder, name string) error {
	at, err := d.OpenDir(folder)
	if err != nil {
		return err
	}
	defer at.Close()
	return removeAll(at, name)
}

func (p *phone) moveToTrash(folder, name string) error {
	from, err := p.dir.OpenDir(folder)
	if err != nil {
		return err
	}
	defer from.Close()
	bin, err := ensureDir(p.dir, trashName)
	if err != nil {
		return err
	}
	defer bin.Close()
	if err := removeAll(bin, name); err != nil {
		return err
	}
	if err := from.Rename(name, bin, name); err != nil {
		return err
	}
	if err := from.Sync(); err != nil {
		return err
	}
	return removeAll(bin, name)
}
