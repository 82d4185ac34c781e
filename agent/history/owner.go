package history

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// An owner is a process with runs under way: a file in the folder beside the history that
// it holds an OS lock on. The lock ends with the process, however that ends.
type owner struct {
	name string
	lock *flock.Flock
}

// unownedFor is how long a run counts as under way when its folder knows no locks.
const unownedFor = 48 * time.Hour

func ownersOf(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".running" }

// newOwner makes an owner for the history at path. Where locks are not possible its name
// is empty.
func newOwner(path string) *owner {
	folder := ownersOf(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return &owner{}
	}
	o := &owner{name: rand.Text()}
	o.lock = flock.New(filepath.Join(folder, o.name), flock.SetPermissions(0o600))
	if ok, err := o.lock.TryLock(); err != nil || !ok {
		_ = os.Remove(o.lock.Path())
		return &owner{}
	}
	return o
}

func (o *owner) release() error {
	if o == nil || o.lock == nil {
		return nil
	}
	err := o.lock.Unlock()
	if rerr := os.Remove(o.lock.Path()); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	_ = os.Remove(filepath.Dir(o.lock.Path())) // the last one takes the folder along
	return err
}

// alive reports whether the process that owns a run begun at started still runs. mine is
// this process's own name.
func alive(path, name, mine string, started time.Time) bool {
	switch {
	case name == "":
		return time.Since(started) < unownedFor
	case name == mine:
		return true
	case name != filepath.Base(name):
		return false // it is none of our names
	}
	file := filepath.Join(ownersOf(path), name)
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
		return err != nil && !errors.Is(err, fs.ErrNotExist)
	}
	lock := flock.New(file, flock.SetPermissions(0o600))
	// A shared lock: two who ask at the same time are not each other's owner.
	ok, err := lock.TryRLock()
	if err == nil && ok {
		_ = lock.Unlock()
		_ = os.Remove(file)
		return false
	}
	_ = lock.Close()
	return true
}
