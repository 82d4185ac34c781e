package mobilesync

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"homeport/backup/tree"
)

func TestRows(t *testing.T) {
	t.Parallel()
	f := open(t, newWorld(10).build(t))
	var bodies int
	var last Row
	must(t, f.Rows(t.Context(), func(r Row) error {
		if r.HasBody() {
			bodies++
		}
		last = r
		return r.FileErr
	}))
	if bodies != 10 || last.RelativePath != "Media/DCIM/IMG_000009.JPG" || last.File.Size != 9 || last.File.Mode != 0o100644 ||
		last.File.Modified != 1700000000 || last.File.ProtectionClass != 3 {
		t.Errorf("%d bodies, last %+v %+v", bodies, last, last.File)
	}
	stop := errors.New("enough")
	if err := f.Rows(t.Context(), func(Row) error { return stop }); err != stop {
		t.Errorf("error %v", err)
	}
	names, err := f.Lookup(t.Context(), []FileID{NewFileID("HomeDomain", "Library"), {1}})
	if err != nil || len(names) != 1 || names[NewFileID("HomeDomain", "Library")].RelativePath != "Library" {
		t.Errorf("lookup %v, %v", names, err)
	}
}

// A database that brings its own SQL along is refused before it runs.
func TestHostileSchemas(t *testing.T) {
	t.Parallel()
	endless := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n)`
	for name, schema := range map[string][]string{
		"view":             {`CREATE VIEW Files AS ` + endless + ` SELECT i AS fileID, i AS domain, i AS relativePath, 1 AS flags, NULL AS file FROM n`},
		"computed column":  {`CREATE TABLE Files (fileID TEXT, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB AS (zeroblob(1000000000)))`},
		"virtual table":    {`CREATE VIRTUAL TABLE Files USING fts5(fileID, domain, relativePath, flags, file)`},
		"column missing":   {`CREATE TABLE Files (fileID TEXT, domain TEXT, flags INTEGER, file BLOB)`},
		"no table":         {`CREATE TABLE Other (x)`},
		"value of 1 GB":    {`CREATE TABLE Files (fileID TEXT, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)`, `INSERT INTO Files VALUES ('x', 'x', 'x', 1, zeroblob(8000000))`},
		"the wrong schema": {`CREATE TABLE Files (fileID, domain, relativePath, flags, file)`, `CREATE INDEX files2 ON Files(fileID)`, `PRAGMA writable_schema=ON`, `UPDATE sqlite_schema SET sql = 'CREATE INDEX x ON nowhere(' WHERE name = 'files2'`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newWorld(0).build(t)
			path := filepath.Join(dir, testUDID, DatabaseFile)
			must(t, os.Remove(path))
			databaseWithout(t, schema, path)
			refused(t, open(t, dir))
		})
		t.Run(name+", encrypted", func(t *testing.T) {
			t.Parallel()
			w := newWorld(0)
			w.crypt = newCrypt("p")
			dir := w.build(t)
			path := filepath.Join(dir, testUDID, DatabaseFile)
			must(t, os.Remove(path))
			databaseWithout(t, schema, path)
			_, key := wrapped(t, 3, "list")
			encryptFile(t, path, key, false)
			f := open(t, dir)
			unlock(t, f, "p")
			refused(t, f)
		})
	}
}

// refused proves that a list is neither read nor extracted from.
func refused(t *testing.T, f *Folder) {
	t.Helper()
	err := f.Rows(t.Context(), func(Row) error { return nil })
	if fe, ok := errors.AsType[*FileError](err); !ok || fe.Kind != Unreadable {
		t.Errorf("error %v", err)
	}
	dir := t.TempDir()
	to, err := tree.OS{}.OpenDir(dir)
	must(t, err)
	defer to.Close()
	if _, err := f.Extract(t.Context(), to, ExtractOptions{}); err == nil {
		t.Error("it is extracted from")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("extracted %v, %v", left, err)
	}
}

// Rows of the wrong types match nothing and crash nothing.
func TestRowsOfWrongTypes(t *testing.T) {
	t.Parallel()
	dir := newWorld(0).build(t)
	path := filepath.Join(dir, testUDID, DatabaseFile)
	must(t, os.Remove(path))
	databaseWithout(t, []string{
		`CREATE TABLE Files (fileID, domain, relativePath, flags, file)`,
		`INSERT INTO Files VALUES (1, 2.5, NULL, 'x', 'y'), (NULL, NULL, NULL, NULL, NULL), (x'00', x'01', x'02', 1, 5)`,
		`INSERT INTO Files VALUES ('` + someID.String() + `', 'CameraRollDomain', '` + somePath + `', 1, NULL)`,
		`INSERT INTO Files VALUES ('` + someID.String() + `', 'CameraRollDomain', '` + somePath + `', 1, NULL)`,
	}, path)
	r, err := open(t, dir).Check(t.Context(), testUDID, Options{})
	must(t, err)
	if r.Rows != 5 || r.Counts[WrongID] != 3 || r.Counts[DuplicateRow] != 1 || r.Counts[MissingEmpty] != 1 {
		t.Errorf("report %+v", r)
	}
}
