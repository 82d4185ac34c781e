package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// settle decides whether a mirror's stage may take the place of its base. One that is
// in doubt, and one whose base was pinned, is made a version of its own, with copies
// of what it shares with the base, if there is room for them; else it is refused, and
// can be kept.
func (st *Stage) settle(ctx context.Context, rec *record, odd int, notes []*cause.Error) error {
	base, pinned, err := st.baseRecord()
	if err != nil {
		return err
	}
	before := 0
	for k, c := range base.OddCounts {
		if !quiet(k) {
			before += c
		}
	}
	doubt := worse(rec, base.version("", mark{}), odd, before) && !st.phone.store.options.Replace
	if !doubt && !pinned {
		return nil
	}
	free, err := st.phone.store.Free(ctx)
	if err != nil {
		return err
	}
	// A small file takes a block at least; twice as many as there are is always enough.
	need := st.shows + int64(rec.Sealed)*8192
	if free < need {
		return st.refuse(rec, base, need, free, pinned, notes)
	}
	if err := st.separate(ctx); err != nil {
		return fmt.Errorf("copy what version %s has: %w", base.ID, err)
	}
	rec.Strategy = st.state.Strategy
	return nil
}

// baseRecord reads what the base says about itself, and whether it is pinned now.
func (st *Stage) baseRecord() (record, bool, error) {
	d, err := openPath(st.phone.dir, versionsName, string(st.state.Base))
	if err != nil {
		return record{}, false, err
	}
	defer d.Close()
	r, err := readRecord(d, st.state.Base)
	if err != nil {
		return r, false, err
	}
	m, err := st.phone.readMarks()
	return r, m.Versions[st.state.Base].Pinned, err
}

func (st *Stage) refuse(rec *record, base record, need, free int64, pinned bool, notes []*cause.Error) error {
	ev := cause.Evidence{
		"version": string(base.ID), "need": cause.Bytes(need), "free": cause.Bytes(free), "short": cause.Bytes(need - free),
		"files": rec.Files, "filesBefore": base.Files, "bytes": cause.Bytes(rec.Bytes), "bytesBefore": cause.Bytes(base.Bytes),
	}
	err := fmt.Errorf("replace version %s: it is in doubt, and there is no room beside it", base.ID)
	if pinned {
		ev["pinned"] = string(base.ID)
		err = fmt.Errorf("replace version %s: it is pinned, and there is no room beside it", base.ID)
	}
	for _, n := range notes {
		err = errors.Join(err, errors.New(n.Error()))
	}
	return cause.New(cause.MirrorRefused, ev, err)
}

// separate copies into the stage what shows through it, by the seal that was just
// made, and reads each body on the way: what is not what its seal says is never
// taken over.
func (st *Stage) separate(ctx context.Context) error {
	f, err := st.dir.Open(sumsName + freshSuffix)
	if err != nil {
		return err
	}
	defer f.Close()
	home, err := st.dir.OpenDir(st.state.UDID)
	if err != nil {
		return err
	}
	defer home.Close()
	base, err := openPath(st.phone.dir, versionsName, string(st.state.Base), st.state.BaseUDID)
	if err != nil {
		return err
	}
	defer base.Close()
	tell := newTeller(st.phone.store.options.Copying, st.shows)
	sums := newSumsReader(f)
	for sums.next() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		path := strings.TrimPrefix(sums.path, st.state.UDID+"/")
		if _, err := lstatPath(home, path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		n, err := st.copyUp(ctx, base, home, path, sums.sum)
		if err != nil {
			return err
		}
		tell.add(n)
	}
	if sums.err != nil {
		return sums.err
	}
	if err := removeNotes(home); err != nil {
		return err
	}
	if err := removeNotes(st.dir); err != nil {
		return err
	}
	st.state.Strategy, st.info.Strategy = tree.FullCopy.String(), tree.FullCopy.String()
	return st.state.write(st.dir)
}

// copyUp copies one file of the base, under a name that is not whole until it is.
func (st *Stage) copyUp(ctx context.Context, base, home tree.Dir, path string, want sum) (int64, error) {
	dir, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, name = path[:i], path[i+1:]
	}
	from, to := base, home
	var err error
	if dir != "" {
		if from, err = openPath(base, strings.Split(dir, "/")...); err != nil {
			return 0, err
		}
		defer from.Close()
		if to, err = ensurePath(home, strings.Split(dir, "/")...); err != nil {
			return 0, err
		}
		defer to.Close()
	}
	temp := tree.TempName("copy")
	if err := removeAll(to, temp); err != nil {
		return 0, err
	}
	h := sha256.New()
	n, err := copyAs(ctx, from, name, to, temp, h)
	if err == nil && sum(h.Sum(nil)) != want {
		err = st.baseDamaged(path)
	}
	if err == nil {
		err = to.Rename(temp, to, name)
	}
	if err != nil {
		_ = removeAll(to, temp)
	}
	return n, err
}

// removeNotes removes the notes of what was gone, which nothing shows through any more.
func removeNotes(d tree.Dir) error {
	names, err := d.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if tree.IsGone(n) {
			if err := removeAll(d, n); err != nil {
				return err
			}
			continue
		}
		if _, body := mobilesync.ParseFileID(n); body {
			continue
		}
		if info, err := d.Lstat(n); err != nil || !info.Dir() {
			continue
		}
		sub, err := d.OpenDir(n)
		if err != nil {
			return err
		}
		err = removeNotes(sub)
		_ = sub.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// teller tells how far a copy is, some times a second at most. It may be used by
// several goroutines.
type teller struct {
	to          func(done, total int64)
	mu          sync.Mutex
	done, total int64
	told        time.Time
}

func newTeller(to func(done, total int64), total int64) *teller { return &teller{to: to, total: total} }

func (t *teller) add(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += n
	if now := time.Now(); t.to != nil && now.Sub(t.told) > 200*time.Millisecond {
		t.told = now
		t.to(t.done, max(t.done, t.total))
	}
}
