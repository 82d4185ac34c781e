package store

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

// mirrored is the strategy of a stage that holds only what is new: its base shows
// through it, and becomes the new version when that is published.
const mirrored = "mirror"

// mirrors says whether the stage's base shows through it.
func (st *Stage) mirrors() bool { return st.state.Strategy == mirrored }

// mayMirror says whether a new stage may replace its base. A pinned one stays.
func (st *Stage) mayMirror(way tree.Strategy, base *Version) bool {
	return st.phone.store.options.Mirror && way == tree.FullCopy && !base.Pinned
}

// mirror makes the stage one that its base shows through. Of the base's files only
// the four that other programs open in the folder itself are copied.
func (st *Stage) mirror(ctx context.Context, base *Version, from, to tree.Dir) error {
	began := time.Now()
	// The folders are made now, so that looking through them later needs no room.
	names, err := from.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if !shardForm.MatchString(n) {
			continue
		}
		if err := to.Mkdir(n); err != nil {
			return err
		}
	}
	if err := copyBeside(ctx, from, to); err != nil {
		return err
	}
	st.state.Strategy, st.state.BaseUDID, st.info.Strategy = mirrored, base.UDID, mirrored
	st.info.Clone = time.Since(began)
	return nil
}

// copyBeside copies the four files beside the bodies.
func copyBeside(ctx context.Context, from, to tree.Dir) error {
	for _, name := range []string{mobilesync.InfoFile, mobilesync.StatusFile, mobilesync.ManifestFile, mobilesync.DatabaseFile} {
		if err := copyFile(ctx, from, to, name); err != nil {
			return err
		}
	}
	return nil
}

// FS is the file system through which Dir shows all of the backup: the host's, or
// one in which the base shows through the stage. Mirrors tells the two apart for
// engines that know only the host's.
func (st *Stage) FS() tree.FS {
	under := st.phone.store.options.FS
	if !st.mirrors() {
		return under
	}
	base := filepath.Join(st.phone.versionPath(st.state.Base), st.state.BaseUDID)
	return tree.Overlay(under, st.Dir(), st.state.UDID, base)
}

// Mirrors says that Dir holds only what is new: all of the backup shows through FS.
func (st *Stage) Mirrors() bool { return st.mirrors() }

// openHome opens <UDID>/ of the stage, with what shows through.
func (st *Stage) openHome() (tree.Dir, error) {
	if !st.mirrors() {
		return st.dir.OpenDir(st.state.UDID)
	}
	return st.FS().OpenDir(filepath.Join(st.Dir(), st.state.UDID))
}

// lister lists the folders of a stage as they show through, for a check.
type lister struct {
	home tree.Dir
	mu   sync.Mutex
	err  error // the first one: what cannot be listed is no damage of the backup
}

func (l *lister) list(dir string) ([]fs.DirEntry, error) {
	entries, err := l.entries(dir)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	return entries, err
}

func (l *lister) entries(dir string) ([]fs.DirEntry, error) {
	at := l.home
	if dir != "." {
		var err error
		if at, err = openPath(l.home, strings.Split(dir, "/")...); err != nil {
			return nil, err
		}
		defer at.Close()
	}
	names, err := at.Names()
	if err != nil {
		return nil, err
	}
	entries := make([]fs.DirEntry, 0, len(names))
	folded := map[string]string{}
	for _, n := range names {
		if _, body := mobilesync.ParseFileID(n); !body {
			// Where names fold, one of the two would take the other's place.
			if was, twice := folded[strings.ToLower(n)]; twice {
				return nil, cause.New(cause.ProtocolError, cause.Evidence{"reason": n + " and " + was},
					fmt.Errorf("list %s: %s differs only in case from %s", dir, n, was))
			}
			folded[strings.ToLower(n)] = n
		}
		info, err := at.Lstat(n)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{n, info})
	}
	return entries, nil
}

// entry is what tree tells about a name, as io/fs wants it.
type entry struct {
	name string
	info tree.Info
}

func (e entry) Name() string               { return e.name }
func (e entry) IsDir() bool                { return e.info.Dir() }
func (e entry) Type() fs.FileMode          { return e.info.Mode.Type() }
func (e entry) Info() (fs.FileInfo, error) { return e, nil }
func (e entry) Size() int64                { return e.info.Size }
func (e entry) Mode() fs.FileMode          { return e.info.Mode }
func (e entry) ModTime() time.Time         { return e.info.ModTime }
func (e entry) Sys() any                   { return e.info }

// worse says whether a new version is in doubt beside the one that it would
// replace: it shrank, or more about it is odd.
func worse(rec *record, before Version, odd, oddBefore int) bool {
	return shrank(rec.Files, rec.Bytes, before) || cmp.Compare(odd, oddBefore) > 0
}
