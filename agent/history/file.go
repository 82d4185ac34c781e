package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// prepare makes sure that there is a file that only its owner may read.
func (d *DB) prepare() error {
	info, err := os.Stat(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(d.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		return f.Close()
	}
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errNotAFile
	case info.Mode().Perm()&0o077 != 0:
		_ = os.Chmod(d.path, 0o600)
	}
	return nil
}

// putAside renames the file, for which err is the reason. Of several processes that find
// the same damage one does it, and the others find the new file.
func (d *DB) putAside(ctx context.Context, why error) error {
	lock := flock.New(d.path+".lock", flock.SetPermissions(0o600))
	limited, cancel := context.WithTimeout(ctx, busy)
	defer cancel()
	if ok, err := lock.TryLockContext(limited, 50*time.Millisecond); err != nil || !ok {
		return errors.Join(why, err)
	}
	defer func() {
		_ = lock.Unlock()
		_ = os.Remove(lock.Path())
	}()
	if d.sound(ctx) {
		return nil
	}
	to, err := free(d.path + ".damaged-" + time.Now().UTC().Format("20060102T150405Z"))
	if err != nil {
		return errors.Join(why, err)
	}
	if err := os.Rename(d.path, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(why, err)
	}
	// A journal that stayed would be rolled into the new file.
	for _, suffix := range []string{"-journal", "-wal", "-shm"} {
		if err := os.Rename(d.path+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(why, err)
		}
	}
	if d.setAside != nil {
		d.setAside(SetAside{Path: to, Err: why})
	}
	return nil
}

// sound reports whether there is a file of this version without damage, or none.
func (d *DB) sound(ctx context.Context) bool {
	info, err := os.Stat(d.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	if !info.Mode().IsRegular() {
		return false
	}
	if info.Size() == 0 {
		return true
	}
	return use(ctx, d.path, func(conn *sql.Conn) error { return examine(ctx, conn) }) == nil
}

func examine(ctx context.Context, conn *sql.Conn) error {
	n, err := schemaVersion(ctx, conn)
	if err != nil || n > len(migrations) {
		return err
	}
	if n == 0 {
		return empty(ctx, conn)
	}
	var said string
	if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return errors.New(said)
	}
	// A table or column that is missing is no damage to SQLite.
	for _, part := range []string{runColumns + " FROM runs", findingColumns + " FROM findings", phoneColumns + " FROM phones"} {
		rows, err := conn.QueryContext(ctx, "SELECT "+part+" LIMIT 1")
		if err != nil {
			return err
		}
		_ = rows.Close()
	}
	return nil
}

// free is the first of path, path-2, path-3 ... that nothing has.
func free(path string) (string, error) {
	for i := 1; i < 1000; i++ {
		name := path
		if i > 1 {
			name = fmt.Sprintf("%s-%d", path, i)
		}
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
	}
	return "", fmt.Errorf("%s: there are too many of them", path)
}
