package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"homeport/backup/tree"
)

// Names in a store.
const (
	homeName     = ".homeport"
	formatName   = "FORMAT"
	lockName     = "lock"
	marksName    = "marks.json"
	versionsName = "versions"
	stagingName  = "staging"
	trashName    = "trash"
	recordName   = "version.json"
	sumsName     = "SHA256SUMS"
	stageName    = "stage.json"
	receivedName = "received"
	mergeName    = "merge.json"

	// freshSuffix ends the name of a file that is being written, beside the one
	// that it will replace.
	freshSuffix = ".new"
)

// maxSmall bounds the small files that are read whole: FORMAT, marks.json,
// stage.json, version.json.
const maxSmall = 16 << 20

// openPath opens a folder some names below d, following no link.
func openPath(d tree.Dir, names ...string) (tree.Dir, error) {
	return walk(d, tree.Dir.OpenDir, names)
}

// ensurePath opens a folder some names below d, and makes what is missing.
func ensurePath(d tree.Dir, names ...string) (tree.Dir, error) {
	return walk(d, ensureDir, names)
}

// walk goes down from d, a step for each name.
func walk(d tree.Dir, step func(tree.Dir, string) (tree.Dir, error), names []string) (tree.Dir, error) {
	at := d
	for i, name := range names {
		next, err := step(at, name)
		if i > 0 {
			_ = at.Close()
		}
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// ensureDir makes the folder if it is missing, and opens it. It looks first: a disk
// that is full may refuse to make even what is there, and it is then that trash/
// is needed.
func ensureDir(d tree.Dir, name string) (tree.Dir, error) {
	sub, err := d.OpenDir(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return sub, err
	}
	if err := d.Mkdir(name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return d.OpenDir(name)
}

// readFile reads a small regular file.
func readFile(d tree.Dir, name string) ([]byte, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxSmall {
		return nil, fmt.Errorf("read %s: more than %d bytes", name, maxSmall)
	}
	return data, nil
}

// writeFile replaces name with data so that a crash leaves the old or the new
// contents: a new file, its length checked, synced, closed, renamed over the
// name, and the folder synced.
func writeFile(d tree.Dir, name string, data []byte) error {
	fresh := name + freshSuffix
	if err := removeAll(d, fresh); err != nil { // of a writer that crashed
		return err
	}
	if err := newFile(d, fresh, data); err != nil {
		return err
	}
	if err := d.Rename(fresh, d, name); err != nil {
		return err
	}
	return d.Sync()
}

// newFile writes a file that nothing has the name of, durably but for its name.
func newFile(d tree.Dir, name string, data []byte) error {
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return err
	}
	return finishFile(f, int64(len(data)))
}

// finishFile checks the length of a written file, syncs and closes it.
func finishFile(f tree.File, want int64) error {
	n, err := f.Size()
	if err == nil && n != want {
		err = fmt.Errorf("write file: %d bytes of %d arrived", n, want)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// removeAll removes name and all below it; a link is removed, not followed.
// Nothing there is fine.
func removeAll(d tree.Dir, name string) error {
	info, err := d.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Dir() {
		if err := emptyDir(d, name); err != nil {
			return err
		}
	}
	if err := d.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// emptyDir removes what is in the folder name.
func emptyDir(d tree.Dir, name string) error {
	sub, err := d.OpenDir(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	names, err := sub.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := removeAll(sub, n); err != nil {
			return err
		}
	}
	return nil
}
