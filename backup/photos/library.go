package photos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"

	"homeport/backup/tree"
	"homeport/usbmux/afc"
)

// Library is what the phone's own database says of its pictures.
type Library struct {
	Known       bool // the rest means something
	OnlyInCloud int  // pictures whose original is in iCloud, and neither on the phone nor in the folder
}

// The phone's database of pictures, and limits on what it may make us do. One of
// 100,000 pictures has some 500 MB.
const (
	libraryPath = "/PhotoData/Photos.sqlite"
	logSuffix   = "-wal"
	maxLibrary  = 2 << 30
	maxLog      = 512 << 20
	libraryTime = 2 * time.Minute
)

// errUntold says that the phone's database does not tell what is asked.
var errUntold = errors.New("the phone's database does not tell")

// Library asks how many originals are only in iCloud. It is called after Copy, and
// copies the phone's database into the folder for a moment. Known is false when
// there is none, when it changed while it was copied, or when its form is
// another one than iOS 14 to 17 have by what is publicly known; the error says
// why, and is no failure of the copy.
func (c *Copier) Library(ctx context.Context, files *afc.Client) (l Library, err error) {
	ctx, cancel := context.WithTimeout(ctx, libraryTime)
	defer cancel()
	dir, err := tree.Parse(homeName + "/library")
	if err != nil {
		return l, err
	}
	if err := c.forget(dir); err != nil {
		return l, err
	}
	if err := c.tree.Mkdir(dir); err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, c.forget(dir)) }()
	if err := c.fetchLibrary(ctx, files, dir); err != nil {
		return l, err
	}
	db, err := openLibrary(ctx, filepath.Join(c.tree.Dir(), filepath.FromSlash(dir.String()), filepath.Base(libraryPath)))
	if err != nil {
		return l, err
	}
	defer db.close()
	n, err := db.onlyInCloud(ctx, c.hasPath)
	return Library{err == nil, n}, err
}

// forget removes the copy of the database, which says a lot about its owner.
func (c *Copier) forget(dir tree.Rel) error {
	if err := c.tree.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// hasPath tells whether a picture is on the phone or was copied before.
func (c *Copier) hasPath(p string) bool {
	_, seen := slices.BinarySearch(c.seen, p)
	return seen || c.rec.of(p) != nil
}

// fetchLibrary copies the database and its log. The phone goes on writing them;
// when one of them changed meanwhile, the two do not fit together.
func (c *Copier) fetchLibrary(ctx context.Context, files *afc.Client, dir tree.Rel) error {
	for range 2 {
		before, err := c.lookAtLibrary(ctx, files)
		if err != nil {
			return err
		}
		for i, info := range before {
			if err := c.fetchPart(ctx, files, dir, libraryParts[i], info); err != nil {
				return err
			}
		}
		if after, err := c.lookAtLibrary(ctx, files); err != nil {
			return err
		} else if slices.Equal(before, after) {
			return nil
		}
	}
	return fmt.Errorf("%w: it keeps changing", errUntold)
}

var libraryParts = []string{libraryPath, libraryPath + logSuffix}

// lookAtLibrary stats both parts; a log that is not there is the zero Info.
func (c *Copier) lookAtLibrary(ctx context.Context, files *afc.Client) ([]afc.Info, error) {
	var infos []afc.Info
	for i, name := range libraryParts {
		info, err := files.Stat(ctx, name)
		switch {
		case i > 0 && errors.Is(err, fs.ErrNotExist):
			info = afc.Info{}
		case err != nil:
			return nil, err
		case !info.Regular || info.Size > []int64{maxLibrary, maxLog}[i]:
			return nil, fmt.Errorf("%w: %s is too large, or no file", errUntold, name)
		}
		infos = append(infos, info)
	}
	return infos, c.room(sum(infos[0].Size, infos[1].Size))
}

func (c *Copier) fetchPart(ctx context.Context, files *afc.Client, dir tree.Rel, name string, info afc.Info) error {
	rel, err := dir.Join(strings.TrimPrefix(name, "/PhotoData/"))
	if err != nil {
		return err
	}
	if !info.Regular {
		return c.forget(rel)
	}
	in, err := files.Open(ctx, name, afc.ReadOnly)
	if err != nil {
		return err
	}
	b, err := c.tree.Create(rel)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	defer b.Abort()
	for b.Len() <= info.Size {
		n, err := in.Read(ctx, c.buf)
		if err == io.EOF {
			break
		}
		if err == nil {
			_, err = b.Write(c.buf[:n])
		}
		if err != nil {
			return err
		}
	}
	if err := in.Close(); err != nil && !isRefusal(err) {
		return err
	}
	_, _, err = b.Commit()
	return err
}

// library is one hardened connection to a copy of the phone's database.
type library struct {
	db    *sql.DB
	conn  *sql.Conn
	table string // of the pictures
}

func (l *library) close() {
	l.conn.Close()
	l.db.Close()
}

// SQLite's numbers for sqlite3_limit, and what is allowed.
var libraryLimits = map[int]int{
	0:  1 << 20,   // bytes of a value
	1:  256 << 10, // of a statement
	2:  1000,      // columns: pictures have more than 200
	3:  32,        // depth of an expression
	7:  0,         // attached databases
	10: 1,         // depth of triggers
}

// libraryRules make the file's schema call nothing with side effects, and find
// damage before it is followed. With an exclusive lock the index of the log is
// in memory and not in another file.
const libraryRules = `PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;
PRAGMA mmap_size=0; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY; PRAGMA query_only=ON;`

func openLibrary(ctx context.Context, path string) (*library, error) {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/… has to become file:///C:/…
	}
	uri := url.URL{Scheme: "file", Path: p, RawQuery: "mode=rw"}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return nil, fmt.Errorf("open the phone's database: %w", err)
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open the phone's database: %w", err)
	}
	l := &library{db: db, conn: conn}
	if err := l.harden(ctx); err != nil {
		l.close()
		return nil, fmt.Errorf("open the phone's database: %w", err)
	}
	return l, nil
}

func (l *library) harden(ctx context.Context) error {
	for id, most := range libraryLimits {
		if _, err := sqlite.Limit(l.conn, id, most); err != nil {
			return err
		}
	}
	if _, err := l.conn.ExecContext(ctx, libraryRules); err != nil {
		return err
	}
	if err := l.expect(ctx, "ZINTERNALRESOURCE", "ZASSET", "ZRECIPEID", "ZLOCALAVAILABILITY", "ZREMOTEAVAILABILITY"); err != nil {
		return err
	}
	// Up to iOS 13 the table had another name.
	for _, l.table = range []string{"ZASSET", "ZGENERICASSET"} {
		err := l.expect(ctx, l.table, "Z_PK", "ZDIRECTORY", "ZFILENAME", "ZTRASHEDSTATE")
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return fmt.Errorf("%w: it has no table of pictures", errUntold)
}

// expect wants a plain table with these columns: a view or a computed column would
// run the database's own SQL. sql.ErrNoRows says that there is none of the name.
func (l *library) expect(ctx context.Context, table string, columns ...string) error {
	var kind, text string
	err := l.conn.QueryRowContext(ctx, `SELECT type, sql FROM sqlite_schema WHERE name = ?`, table).Scan(&kind, &text)
	if err != nil {
		return fmt.Errorf("look for table %s: %w", table, err)
	}
	if kind != "table" || strings.Contains(strings.ToUpper(text), "VIRTUAL") {
		return fmt.Errorf("%w: %s is not a plain table", errUntold, table)
	}
	rows, err := l.conn.QueryContext(ctx, `SELECT upper(name), hidden FROM pragma_table_xinfo(?)`, table)
	if err != nil {
		return err
	}
	defer rows.Close()
	missing := slices.Clone(columns)
	for rows.Next() {
		var name string
		var hidden int
		if err := rows.Scan(&name, &hidden); err != nil {
			return err
		}
		if hidden != 0 && slices.Contains(columns, name) {
			return fmt.Errorf("%w: column %s is computed", errUntold, name)
		}
		missing = slices.DeleteFunc(missing, func(s string) bool { return s == name })
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: table %s has no %s", errUntold, table, missing[0])
	}
	return rows.Err()
}

// onlyInCloud counts pictures that are not in the bin and not here, and of whose
// original (recipe 0) the database says that it is not on the phone (-1) but in
// iCloud (1). The database alone is only a hint, as others have found; so is a
// file that is missing. Both together are taken for true.
func (l *library) onlyInCloud(ctx context.Context, here func(path string) bool) (int, error) {
	away, err := l.away(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the phone's database: %w", err)
	}
	rows, err := l.conn.QueryContext(ctx, `SELECT Z_PK, ZDIRECTORY, ZFILENAME FROM `+l.table+` WHERE ZTRASHEDSTATE = 0`)
	if err != nil {
		return 0, fmt.Errorf("read the phone's database: %w", err)
	}
	defer rows.Close()
	count := 0
	for rows.Next() {
		var id sql.NullInt64
		var dir, name sql.NullString
		if err := rows.Scan(&id, &dir, &name); err != nil {
			return 0, fmt.Errorf("read the phone's database: %w", err)
		}
		full := "/" + dir.String + "/" + name.String
		ours := strings.HasPrefix(full, cameraRoot+"/") || strings.HasPrefix(full, cloudRoot+"/")
		if away[id.Int64] && ours && !here(full) {
			count++
		}
	}
	return count, rows.Err()
}

// away lists the pictures whose original is only in iCloud, by the database.
func (l *library) away(ctx context.Context) (map[int64]bool, error) {
	rows, err := l.conn.QueryContext(ctx, `SELECT ZASSET FROM ZINTERNALRESOURCE
		WHERE ZRECIPEID = 0 AND ZLOCALAVAILABILITY = -1 AND ZREMOTEAVAILABILITY = 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ids := map[int64]bool{}
	for rows.Next() {
		var id sql.NullInt64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if ids[id.Int64] = true; len(ids) > maxFiles {
			return nil, fmt.Errorf("%w: more than %d pictures", errUntold, maxFiles)
		}
	}
	return ids, rows.Err()
}
