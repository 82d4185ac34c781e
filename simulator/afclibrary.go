package simulator

import (
	"database/sql"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the phone's own database is one of SQLite
)

// Where a phone keeps its database of pictures, and the log of what was written to it last.
const (
	libraryFile = "/PhotoData/Photos.sqlite"
	libraryLog  = libraryFile + "-wal"
)

// librarySchema has the tables and columns that tell where originals are, and a few beside them, as public descriptions of iOS 14 to 17
// have them.
const librarySchema = `
CREATE TABLE ZASSET (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZKIND INTEGER, ZTRASHEDSTATE INTEGER, ZDIRECTORY VARCHAR, ZFILENAME VARCHAR, ZUUID VARCHAR);
CREATE TABLE ZINTERNALRESOURCE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZASSET INTEGER, ZRECIPEID INTEGER, ZRESOURCETYPE INTEGER, ZLOCALAVAILABILITY INTEGER, ZREMOTEAVAILABILITY INTEGER, ZFINGERPRINT VARCHAR);
CREATE INDEX ZINTERNALRESOURCE_ZASSET_INDEX ON ZINTERNALRESOURCE (ZASSET);`

// writeLibrary puts the database of a phone's pictures beside them. What is in iCloud only has been written last: it is in the log.
func (g *gallery) writeLibrary() error {
	dir, err := os.MkdirTemp("", "simulated-library-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, path.Base(libraryFile))
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := g.fillLibrary(db); err != nil {
		return fmt.Errorf("write the phone's database: %w", err)
	}
	// The copies are taken while it is open: closing it would put the log into it.
	for from, to := range map[string]string{file: libraryFile, file + "-wal": libraryLog} {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		node, _ := g.tree.open(to, true)
		g.tree.truncate(node, 0)
		g.tree.write(node, 0, data)
	}
	return nil
}

func (g *gallery) fillLibrary(db *sql.DB) error {
	do := func(query string, args ...any) error {
		_, err := db.Exec(query, args...)
		return err
	}
	for _, query := range []string{"PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0", librarySchema} {
		if err := do(query); err != nil {
			return err
		}
	}
	id := 0
	add := func(name string, trashed, local int) error {
		id++
		if err := do(`INSERT INTO ZASSET VALUES (?, 3, 1, 0, ?, ?, ?, ?)`, id, trashed, strings.TrimPrefix(path.Dir(name), "/"), path.Base(name),
			seededUUID(g.identity, name)); err != nil {
			return err
		}
		// The original, and a small preview that was never sent to iCloud.
		return do(`INSERT INTO ZINTERNALRESOURCE VALUES (?, 50, 1, ?, 0, 0, ?, 1, 'A'), (?, 50, 1, ?, 65741, 3, -1, 0, 'B')`,
			2*id, id, local, 2*id+1, id)
	}
	if err := do("BEGIN"); err != nil {
		return err
	}
	for _, name := range g.taken {
		if err := add(name, 0, 1); err != nil {
			return err
		}
	}
	if err := do("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); BEGIN"); err != nil {
		return err
	}
	for i := range g.cloud {
		if err := add(fmt.Sprintf("%s/%03dAPPLE/IMG_%04d.HEIC", cameraDir, 200+i/perDCIM, i%9999+1), 0, -1); err != nil {
			return err
		}
	}
	if err := add(cameraDir+"/200APPLE/IMG_9999.HEIC", 1, -1); err != nil { // in the bin
		return err
	}
	return do("COMMIT")
}
