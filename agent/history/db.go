package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is the history in one file. It is safe for concurrent use, also by several
// processes.
type DB struct {
	path     string
	setAside func(SetAside)

	mu    sync.Mutex // one use at a time: a second connection would only wait for the first
	owner *owner     // nil until a run begins
}

// Options are what a DB needs besides its path.
type Options struct {
	// SetAside is told when a file was damaged and another one was begun; nil: nobody is.
	SetAside func(SetAside)
}

// SetAside tells of a file that could not be used.
type SetAside struct {
	Path string // where it is now
	Err  error  // what was wrong with it
}

// busy is how long a write or read waits for another process, and turn how long SQLite
// waits before it is asked whether anybody still wants that.
const (
	busy = 10 * time.Second
	turn = 200 * time.Millisecond
)

// Open prepares the use of the file at path. It touches nothing: the file is made, in a
// folder that is made too, with the first thing that is written, and a file that is not
// there holds nothing. Close gives back what a begun run holds.
func Open(path string, o Options) *DB {
	return &DB{path: path, setAside: o.SetAside}
}

// Path is the file.
func (d *DB) Path() string { return d.path }

// Close says that this process writes no more: a run that it has begun and not ended was
// interrupted.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.owner
	d.owner = nil
	return o.release()
}

// write has f change the file, all of it or nothing, and makes the file when there is
// none. A damaged one is set aside first.
func (d *DB) write(ctx context.Context, f func(*sql.Conn) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	do := func() error {
		if err := d.prepare(); err != nil {
			return err
		}
		return use(ctx, d.path, func(conn *sql.Conn) error {
			if err := migrate(ctx, conn); err != nil {
				return err
			}
			return within(ctx, conn, func() error { return f(conn) })
		})
	}
	return wrap("write", d.mend(ctx, do))
}

// read has f read the file. Where there is none f is not called, which is no error; a
// damaged one is set aside where that is possible.
func (d *DB) read(ctx context.Context, f func(*sql.Conn) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	do := func() error {
		info, err := os.Stat(d.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return errNotAFile
		case info.Size() == 0:
			return nil
		}
		return use(ctx, d.path, func(conn *sql.Conn) error { return d.readOne(ctx, conn, f) })
	}
	return wrap("read", d.mend(ctx, do))
}

// mend does what do does, again after a damaged file was set aside.
func (d *DB) mend(ctx context.Context, do func() error) error {
	err := patiently(ctx, do)
	if spoiled(err) {
		if err = d.putAside(ctx, err); err == nil {
			err = patiently(ctx, do)
		}
	}
	return err
}

// patiently does what do does until no other process holds the file.
func patiently(ctx context.Context, do func() error) error {
	for begun := time.Now(); ; {
		err := do()
		if !held(err) || time.Since(begun) > busy {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// held reports whether another process keeps the file from being used just now. SQLite
// has waited by then.
func held(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// readOne reads a file of any version: an older one is brought to this one first, as
// every statement expects.
func (d *DB) readOne(ctx context.Context, conn *sql.Conn, f func(*sql.Conn) error) error {
	n, err := schemaVersion(ctx, conn)
	if err == nil && n != len(migrations) {
		err = migrate(ctx, conn)
	}
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only = ON"); err != nil {
		return err
	}
	return f(conn)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s history: %w", what, err)
}

// use opens the file for as long as f runs. SQLite itself turns to reading only where
// the file or its folder may not be written.
func use(ctx context.Context, path string, f func(*sql.Conn) error) error {
	db, err := sql.Open("sqlite", uri(path))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return f(conn)
}

// uri is how SQLite is asked for the file: it has to be there, nothing in it is trusted
// to call functions, its cache is small, and a write waits for the disk.
func uri(path string) string {
	q := url.Values{"mode": {"rw"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", turn.Milliseconds()), "trusted_schema(0)", "cell_size_check(1)", "cache_size(-256)",
		"mmap_size(0)", "foreign_keys(1)", "synchronous(FULL)", "fullfsync(1)", "temp_store(MEMORY)",
	}}
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // a drive letter
	}
	return (&url.URL{Scheme: "file", Path: p, RawQuery: q.Encode(), OmitHost: true}).String()
}

// within has f make changes that come together or not at all.
func within(ctx context.Context, conn *sql.Conn, f func() error) error {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		// Whoever is told that it failed does it again: a cancellation must not say so of
		// what was done.
		_, err = conn.ExecContext(context.WithoutCancel(ctx), "COMMIT")
	}
	if err != nil {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

var (
	errNotOurs  = errors.New("it is not a history of Homeport")
	errNotAFile = errors.New("it is not an ordinary file")
)

// spoiled reports whether the file is of no use, as opposed to one that cannot be used
// now.
func spoiled(err error) bool {
	if errors.Is(err, errNotOurs) || errors.Is(err, errNotAFile) {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	case sqlite3.SQLITE_ERROR:
		// Its version is ours, and a table or column is not there.
		for _, text := range []string{"no such table", "no such column", "has no column", "malformed"} {
			if strings.Contains(e.Error(), text) {
				return true
			}
		}
	}
	return false
}
