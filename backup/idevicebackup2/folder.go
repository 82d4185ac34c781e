package idevicebackup2

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"homeport/backup/tree"
	"homeport/usbmux/plist"
)

// fixed are the four files beside the bodies.
var fixed = []string{"Info.plist", "Manifest.plist", "Manifest.db", "Status.plist"}

// folder is what the phone's folder holds beside its bodies.
type folder struct {
	files  map[string]tree.Info
	raw    []byte // Status.plist
	status status
	bad    error // why Status.plist cannot be read
}

// status is what Status.plist says of a backup.
type status struct {
	SnapshotState string
	BackupState   string
	IsFullBackup  bool
}

func look(t *tree.Tree, home tree.Rel) folder {
	f := folder{files: map[string]tree.Info{}}
	for _, name := range fixed {
		if rel, err := home.Join(name); err == nil {
			if i, err := t.Lstat(rel); err == nil {
				f.files[name] = i
			}
		}
	}
	if f.raw, f.bad = readStatus(t, home); f.bad == nil {
		f.bad = plist.Unmarshal(f.raw, &f.status)
	}
	return f
}

// maxStatus is far above what a Status.plist has (189 bytes).
const maxStatus = 64 << 10

func readStatus(t *tree.Tree, home tree.Rel) ([]byte, error) {
	rel, err := home.Join("Status.plist")
	if err != nil {
		return nil, err
	}
	f, n, err := t.OpenRead(rel)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if n > maxStatus {
		return nil, fmt.Errorf("read Status.plist: %d bytes", n)
	}
	return io.ReadAll(io.LimitReader(f, maxStatus))
}

// whole reports whether a backup was there that a phone could build on.
func (f folder) whole() bool { return f.bad == nil }

// finished is nil when the folder says that a backup was completed since before.
func (f folder) finished(before folder) error {
	switch {
	case f.bad != nil:
		return fmt.Errorf("the tool called the backup successful, but Status.plist cannot be read: %w", f.bad)
	case f.same(before, "Status.plist") && bytes.Equal(f.raw, before.raw):
		return fmt.Errorf("the tool called the backup successful, but no Status.plist arrived")
	case f.status.SnapshotState != "finished" || f.status.BackupState == "empty" || f.status.BackupState == "":
		return fmt.Errorf("the tool called the backup successful, but its Status says %q, %q", f.status.SnapshotState, f.status.BackupState)
	}
	for _, name := range fixed {
		if i, ok := f.files[name]; !ok || !i.Regular() || i.Size == 0 {
			return fmt.Errorf("the tool called the backup successful, but %s is missing or empty", name)
		}
	}
	return nil
}

// same reports whether a file is what it was before.
func (f folder) same(before folder, name string) bool {
	a, ok := f.files[name]
	b, had := before.files[name]
	return ok && had && a.ModTime.Equal(b.ModTime) && a.Size == b.Size
}

// lateWindow is how much earlier than the newest file another one may have been
// written and still be taken for the last one: file systems count time in steps
// of up to two seconds.
const lateWindow = 2 * time.Second

// tidy removes what a broken run may have left half-written: the tool keeps the
// body that it was receiving. It writes one file at a time, so that this is the
// newest one; everything of the last moment goes. What cannot be removed stays,
// and the next run's checks find it.
func (r *run) tidy() {
	type found struct {
		rel  tree.Rel
		when time.Time
	}
	var list []found
	newest := time.Time{}
	add := func(dir tree.Rel, e tree.Entry) {
		if rel, err := dir.Join(e.Name); err == nil && !e.Dir {
			list = append(list, found{rel, e.ModTime})
			if e.ModTime.After(newest) {
				newest = e.ModTime
			}
		}
	}
	after := look(r.tree, r.home)
	top, err := r.tree.List(r.home)
	if err != nil {
		return
	}
	for _, e := range top {
		if !after.same(r.before, e.Name) {
			add(r.home, e)
		}
	}
	for _, dir := range r.snapshotDirs() {
		entries, err := r.tree.List(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			add(dir, e)
		}
	}
	for _, f := range list {
		if newest.Sub(f.when) <= lateWindow {
			_ = r.tree.Remove(f.rel)
		}
	}
}

// snapshotDirs are the folders in which the tool stores what it receives.
func (r *run) snapshotDirs() []tree.Rel {
	snapshot, err := r.home.Join("Snapshot")
	if err != nil {
		return nil
	}
	dirs := []tree.Rel{snapshot}
	entries, err := r.tree.List(snapshot)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if rel, err := snapshot.Join(e.Name); err == nil && e.Dir {
			dirs = append(dirs, rel)
		}
	}
	return dirs
}
