package mobilesync

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// sqliteHeader begins every SQLite file; an encrypted Manifest.db has something
// else there.
const sqliteHeader = "SQLite format 3\x00"

// Limits on what a database may make us do. A phone with 1.3 million files has a
// Manifest.db of 1.5 GB.
const (
	maxRows   = 16 << 20
	maxValue  = 4 << 20
	maxSchema = 64 << 10
)

// SQLite's numbers for sqlite3_limit.
const (
	limitLength   = 0
	limitSQL      = 1
	limitColumn   = 2
	limitDepth    = 3
	limitAttached = 7
	limitTrigger  = 10
)

// hardening is run on each connection before the first read. With trusted_schema
// off the schema cannot call functions with side effects; cell_size_check finds
// overlapping cells before they are followed; a cache of 1 MiB is enough to walk
// a table.
const hardening = `PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA query_only=ON;
PRAGMA mmap_size=0; PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY;`

// database is one hardened connection to a Manifest.db.
type database struct {
	db    *sql.DB
	conn  *sql.Conn
	after func() error // nil, or what has to follow the closing
}

func (d *database) close() {
	d.conn.Close()
	d.db.Close()
	if d.after != nil {
		_ = d.after()
	}
}

// EncryptedDatabase says whether Manifest.db is something other than a plain
// SQLite file. Errors are *FileError.
func (f *Folder) EncryptedDatabase() (bool, error) {
	if _, err := f.lstat(DatabaseFile); err != nil {
		return false, err
	}
	file, err := f.root.Open(DatabaseFile)
	if err != nil {
		return false, &FileError{Name: DatabaseFile, Kind: Unreadable, Err: err}
	}
	defer file.Close()
	head := make([]byte, len(sqliteHeader))
	if _, err := io.ReadFull(file, head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, &FileError{Name: DatabaseFile, Kind: Unreadable, Err: err}
	}
	return string(head) != sqliteHeader, nil
}

// openDatabase opens Manifest.db for reading: a plain one, or an encrypted one of
// a folder that was unlocked. Errors are *FileError.
func (f *Folder) openDatabase(ctx context.Context) (*database, error) {
	encrypted, err := f.EncryptedDatabase()
	if err != nil {
		return nil, err
	}
	var d *database
	switch u := f.unlocked.Load(); {
	case !encrypted:
		d, err = openHardened(ctx, databaseURI(filepath.Join(f.path, DatabaseFile)))
	case u == nil || u.list == nil:
		err = ErrEncrypted
	default:
		d, err = f.openCipher(ctx, u.list)
	}
	if err != nil {
		return nil, &FileError{Name: DatabaseFile, Kind: Unreadable, Err: err}
	}
	return d, nil
}

func openHardened(ctx context.Context, uri string) (*database, error) {
	db, err := sql.Open("sqlite", uri)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &database{db: db, conn: conn}
	if err := d.harden(ctx); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// databaseURI asks for a read-only and immutable open: SQLite then takes no lock
// and never makes a journal beside the file. Everything that has a meaning in a
// URI is escaped.
func databaseURI(path string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/… has to become file:///C:/…
	}
	u := url.URL{Scheme: "file", Path: p, RawQuery: "mode=ro&immutable=1"}
	return u.String()
}

func (d *database) harden(ctx context.Context) error {
	for id, n := range map[int]int{
		limitLength: maxValue, limitSQL: maxSchema, limitColumn: 64, limitDepth: 32, limitAttached: 0, limitTrigger: 1,
	} {
		if _, err := sqlite.Limit(d.conn, id, n); err != nil {
			return fmt.Errorf("limit database: %w", err)
		}
	}
	if _, err := d.conn.ExecContext(ctx, hardening); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return d.checkSchema(ctx)
}

// checkSchema refuses a Files that is not a plain table: a view or a generated
// column would run the database's own SQL.
func (d *database) checkSchema(ctx context.Context) error {
	var kind, text string
	err := d.conn.QueryRowContext(ctx, `SELECT type, sql FROM sqlite_schema WHERE name = 'Files'`).Scan(&kind, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("read schema: no table Files")
	}
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	if kind != "table" || strings.Contains(strings.ToUpper(text), "VIRTUAL") {
		return errors.New("read schema: Files is not a plain table")
	}
	rows, err := d.conn.QueryContext(ctx, `SELECT name, hidden FROM pragma_table_xinfo('Files')`)
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	defer rows.Close()
	seen := map[string]bool{}
	for rows.Next() {
		var name string
		var hidden int
		if err := rows.Scan(&name, &hidden); err != nil {
			return fmt.Errorf("read schema: %w", err)
		}
		if hidden != 0 {
			return fmt.Errorf("read schema: column %q is computed", name)
		}
		seen[strings.ToLower(name)] = true
	}
	for _, want := range []string{"fileid", "domain", "relativepath", "flags", "file"} {
		if !seen[want] {
			return fmt.Errorf("read schema: no column %s", want)
		}
	}
	return rows.Err()
}
