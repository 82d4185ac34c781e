package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// merge is merge.json: a mirror's stage that is proven, durable, and on its way to
// take the place of its base. With it there, the way is only forward.
type merge struct {
	Format   int       `json:"format"`
	Version  VersionID `json:"version"`
	UDID     string    `json:"udid"`
	Base     VersionID `json:"base"`
	BaseUDID string    `json:"baseUdid"`
	Seal     string    `json:"seal"` // SHA-256 of SHA256SUMS
}

// merging is what a listing says of a version that is neither one nor the other.
const merging = "it is being put in the place of the one before it; the next backup finishes that"

func readMerge(d tree.Dir) (merge, error) {
	var m merge
	data, err := readFile(d, mergeName)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read %s: %w: %w", mergeName, errNoMerge, err)
	}
	if m.Format > formatNumber {
		return m, cause.New(cause.StoreTooNew, cause.Evidence{"format": m.Format, "supported": formatNumber},
			fmt.Errorf("read %s: format %d", mergeName, m.Format))
	}
	if !m.Version.Valid() || !m.Base.Valid() || !validUDID(m.UDID) || !validUDID(m.BaseUDID) {
		return m, fmt.Errorf("read %s: %w", mergeName, errNoMerge)
	}
	return m, nil
}

// errNoMerge is a merge.json that says nothing.
var errNoMerge = errors.New("not a merge")

// merges lists the merges that are under way, or were when a computer stopped.
func (p *phone) merges() ([]merge, error) {
	staging, err := p.dir.OpenDir(stagingName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer staging.Close()
	names, err := staging.Names()
	if err != nil {
		return nil, err
	}
	var all []merge
	for _, n := range names {
		m, merges, err := mergeIn(staging, n)
		if err != nil {
			return nil, err
		}
		if merges {
			all = append(all, m)
		}
	}
	return all, nil
}

// mergeIn reads the merge of a stage, and says whether it is one. What cannot be read
// just now is an error: a merge that is taken for something else would be thrown away.
func mergeIn(staging tree.Dir, name string) (m merge, merges bool, err error) {
	info, err := staging.Lstat(name)
	if err == nil && !info.Dir() {
		return m, false, nil // not a stage of ours
	}
	var d tree.Dir
	if err == nil {
		d, err = staging.OpenDir(name)
	}
	if err == nil {
		defer d.Close()
		m, err = readMerge(d)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoMerge) || errors.Is(err, tree.ErrNotRegular) {
		return m, false, nil
	}
	return m, err == nil && string(m.Version) == name, err
}

// finishMerges finishes what was under way when a computer stopped, and looks at what
// came of it. The caller has the lock.
func (p *phone) finishMerges(look func(Version)) error {
	all, err := p.merges()
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := p.finish(m); err != nil {
			return fmt.Errorf("finish merge of %s: %w", m.Version, err)
		}
		look(p.readVersion(m.Version, mark{}))
	}
	return nil
}

// finish puts a stage in the place of its base, from whatever point on. Each step
// may be done again, and nothing is removed that is needed by one that may not be
// durable yet.
func (p *phone) finish(m merge) error {
	if err := p.combine(m); err != nil {
		return err
	}
	return p.trash(stagingName, string(m.Version))
}

func (p *phone) combine(m merge) error {
	stage, err := openPath(p.dir, stagingName, string(m.Version))
	if err != nil {
		return err
	}
	defer stage.Close()
	versions, err := p.dir.OpenDir(versionsName)
	if err != nil {
		return err
	}
	defer versions.Close()
	if err := p.check(); err != nil {
		return err
	}
	switch err := p.fold(stage, versions, m); {
	case errors.Is(err, fs.ErrNotExist): // it has the new name already
	case err != nil:
		return err
	default:
		// All that was moved is durable before the folder has the name of a version
		// that promises it. The folder stays where it is: on a drive without a journal a
		// new name in the same folder is the least that can tear.
		if err := stage.SyncVolume(); err != nil {
			return err
		}
		if err := p.check(); err != nil {
			return err
		}
		if err := versions.Rename(string(m.Base), versions, string(m.Version)); err != nil {
			return err
		}
		if err := versions.Sync(); err != nil {
			return err
		}
	}
	return crown(stage, versions, m)
}

// fold moves what is new into the base's folder and removes there what the new seal
// does not have; fs.ErrNotExist when there is no such folder.
func (p *phone) fold(stage, versions tree.Dir, m merge) error {
	base, err := versions.OpenDir(string(m.Base))
	if err != nil {
		return err
	}
	defer base.Close()
	// A name that only differs in its spelling is the same folder on some drives.
	if m.UDID != m.BaseUDID {
		if err := base.Rename(m.BaseUDID, base, m.UDID); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	home, err := base.OpenDir(m.UDID)
	if err != nil {
		return foldable(err)
	}
	defer home.Close()
	fresh, err := stage.OpenDir(m.UDID)
	if err != nil {
		return foldable(err)
	}
	defer fresh.Close()
	if err := moveIn(fresh, home); err != nil {
		return foldable(err)
	}
	return foldable(p.dropUnsealed(stage, home, m))
}

// foldable keeps an error from saying that the base's folder is not there.
func foldable(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("merge: " + err.Error())
	}
	return err
}

// moveIn moves every file below from to its place below to, over what is there.
func moveIn(from, to tree.Dir) error {
	names, err := from.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if tree.IsTemp(n) || tree.IsGone(n) {
			continue
		}
		info, err := from.Lstat(n)
		if err != nil {
			return err
		}
		there, err := to.Lstat(n)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil && there.Dir() && info.Dir() {
			err = moveInDir(from, to, n)
		} else {
			err = moveOver(from, to, n, err == nil && there.Dir() != info.Dir())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// moveOver moves a file over a file, or what has no counterpart, in one step, which
// needs no room. Something of another kind goes first: the new one is still in from.
func moveOver(from, to tree.Dir, name string, another bool) error {
	if another {
		if err := removeAll(to, name); err != nil {
			return err
		}
	}
	return from.Rename(name, to, name)
}

func moveInDir(from, to tree.Dir, name string) error {
	sub, err := from.OpenDir(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	into, err := to.OpenDir(name)
	if err != nil {
		return err
	}
	defer into.Close()
	return moveIn(sub, into)
}

// dropUnsealed removes from the folder what the seal in the stage does not have. With
// a seal that is not the one that was written nothing is removed: a check tells.
func (p *phone) dropUnsealed(stage, home tree.Dir, m merge) error {
	if got, err := sealOf(stage); err != nil || got != m.Seal {
		return err
	}
	f, err := stage.Open(sumsName)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := p.check(); err != nil {
		return err
	}
	d := &dropper{phone: p, sums: newSumsReader(f), checked: wall()}
	return d.strays(home, m.UDID+"/")
}

func sealOf(d tree.Dir) (string, error) {
	f, err := d.Open(sumsName)
	if err != nil {
		return "", err
	}
	defer f.Close()
	seal, err := newSumsReader(f).finish()
	if errors.Is(err, errSums) {
		return "", nil
	}
	return seal, err
}

// dropper removes what a seal does not have. It looks at its lease all the while: a
// computer that was stopped in the middle may find that another one has finished the
// merge, and made a newer version of the same folder.
type dropper struct {
	phone   *phone
	sums    *sumsReader
	checked time.Time
}

// wall is the time without the clock that stands still while a computer sleeps.
func wall() time.Time { return time.Now().Round(0) }

func (r *dropper) drop(d tree.Dir, name string) error {
	if now := wall(); now.Sub(r.checked).Abs() > leaseStale/4 {
		if err := r.phone.check(); err != nil {
			return err
		}
		r.checked = now
	}
	return removeAll(d, name)
}

// strays walks in the order of the seal. What is left empty and is not a folder
// of bodies goes too.
func (r *dropper) strays(d tree.Dir, prefix string) error {
	names, err := d.Names()
	if err != nil {
		return err
	}
	dirs := map[string]bool{}
	for _, n := range names {
		if _, body := mobilesync.ParseFileID(n); body {
			continue // a hundred thousand of them need no look
		}
		info, err := d.Lstat(n)
		if err != nil {
			return err
		}
		dirs[n] = info.Dir()
	}
	key := func(n string) string {
		if dirs[n] {
			return n + "/"
		}
		return n
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	for _, n := range names {
		switch {
		case dirs[n]:
			err = r.straysIn(d, prefix, n)
		case !r.sums.seek(prefix + n):
			if err = r.sums.err; err == nil {
				err = r.drop(d, n)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *dropper) straysIn(d tree.Dir, prefix, name string) error {
	sub, err := d.OpenDir(name)
	if err != nil {
		return err
	}
	err = r.strays(sub, prefix+name+"/")
	var left []string
	if err == nil {
		left, err = sub.Names()
	}
	_ = sub.Close()
	if err != nil || len(left) > 0 || shardForm.MatchString(name) {
		return err
	}
	return r.drop(d, name)
}

// crown gives the folder the seal and the record of the new version, the record last.
func crown(stage, versions tree.Dir, m merge) error {
	d, err := versions.OpenDir(string(m.Version))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody took both away: there is nothing to go on with
	}
	if err != nil {
		return err
	}
	defer d.Close()
	for _, n := range []string{sumsName, recordName} {
		if err := stage.Rename(n, d, n); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return d.SyncVolume()
}
