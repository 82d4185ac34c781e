package mobilesync

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/usbmux/plist"
)

const testUDID = "00008110-000A11112222801E"

// rowSpec is one row of a made-up Manifest.db; body is what lies on disk.
type rowSpec struct {
	domain, path string
	flags        int
	size         int64
	noBlob       bool
	blob         []byte
	id           string // other than the right one
}

// world builds a folder step by step; a test changes a field before build.
type world struct {
	info, status, manifest map[string]any
	rows                   []rowSpec
	schema                 []string
	crypt                  *crypt                   // nil: not encrypted
	spoil                  func(*testing.T, *world) // after the keys were made, if set
}

func newWorld(files int) *world {
	w := &world{
		info: map[string]any{
			"Target Identifier": testUDID, "Unique Identifier": strings.ToUpper(testUDID),
			"Device Name": "Anna's iPhone", "Product Version": "18.5",
			"Last Backup Date": time.Unix(1700000000, 0).UTC(),
		},
		status: map[string]any{
			"Version": "3.3", "UUID": "A", "Date": time.Unix(1700000000, 0).UTC(),
			"BackupState": "new", "SnapshotState": "finished", "IsFullBackup": true,
		},
		manifest: map[string]any{
			"Version": "10.0", "IsEncrypted": false, "WasPasscodeSet": true,
			"BackupKeyBag": []byte("VERS"), "Lockdown": map[string]any{"UniqueDeviceID": testUDID},
		},
		schema: []string{
			`CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)`,
			`CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)`,
			`PRAGMA user_version = 2`,
		},
	}
	w.rows = append(w.rows,
		rowSpec{domain: "HomeDomain", path: "", flags: FlagDirectory},
		rowSpec{domain: "HomeDomain", path: "Library", flags: FlagDirectory},
		rowSpec{domain: "HomeDomain", path: "Library/link", flags: FlagLink})
	for i := range files {
		w.rows = append(w.rows, rowSpec{domain: "CameraRollDomain", path: fmt.Sprintf("Media/DCIM/IMG_%06d.JPG", i), flags: FlagFile, size: int64(i % 97)})
	}
	return w
}

// build writes the folder and returns the directory that holds it.
func (w *world) build(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	home := filepath.Join(dir, testUDID)
	must(t, os.Mkdir(home, 0o700))
	if w.crypt != nil {
		w.crypt.fill(t, w)
	}
	if tt, ok := t.(*testing.T); ok && w.spoil != nil {
		w.spoil(tt, w)
	}
	for name, v := range map[string]map[string]any{InfoFile: w.info, StatusFile: w.status, ManifestFile: w.manifest} {
		data, err := plist.MarshalBinary(v)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(home, name), data, 0o600))
	}
	w.database(t, filepath.Join(home, DatabaseFile))
	for _, r := range w.rows {
		if r.flags == FlagFile {
			writeBody(t, home, NewFileID(r.domain, r.path), r.size)
		}
	}
	if w.crypt != nil {
		w.crypt.encrypt(t, w, home)
	}
	return dir
}

func (w *world) database(t testing.TB, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(off)")
	must(t, err)
	defer db.Close()
	for _, s := range w.schema {
		_, err := db.Exec(s)
		must(t, err)
	}
	tx, err := db.Begin()
	must(t, err)
	insert, err := tx.Prepare(`INSERT INTO Files VALUES (?, ?, ?, ?, ?)`)
	must(t, err)
	for _, r := range w.rows {
		id := r.id
		if id == "" {
			id = NewFileID(r.domain, r.path).String()
		}
		var blob any
		if !r.noBlob {
			blob = r.blob
			if r.blob == nil {
				blob = mbfileBlob(t, r.path, r.size)
			}
		}
		_, err := insert.Exec(id, r.domain, r.path, r.flags, blob)
		must(t, err)
	}
	must(t, tx.Commit())
}

func writeBody(t testing.TB, home string, id FileID, size int64) {
	t.Helper()
	data := contentsOf(id, size)
	path := filepath.Join(home, filepath.FromSlash(id.Body()))
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, data, 0o600))
}

// contentsOf makes up what a file holds.
func contentsOf(id FileID, size int64) []byte {
	sum := sha256.Sum256(id[:])
	data := make([]byte, size)
	for i := range data {
		data[i] = sum[i%len(sum)]
	}
	return data
}

// mbfileBlob is an archive as a phone writes it.
func mbfileBlob(t testing.TB, path string, size int64) []byte {
	return mbfileWith(t, path, size, nil)
}

// mbfileWith is an archive with an object more: the value of key, unless it is nil.
func mbfileWith(t testing.TB, path string, size int64, more map[string]any) []byte {
	t.Helper()
	file := map[string]any{
		"$class": plist.UID(3), "RelativePath": plist.UID(2), "Size": size, "Mode": 0o100644,
		"LastModified": 1700000000, "LastStatusChange": 1700000001, "Birth": 1600000000,
		"InodeNumber": 4294967296, "UserID": 501, "GroupID": 501, "ProtectionClass": 3, "Flags": 0,
	}
	objects := []any{
		"$null", file, path,
		map[string]any{"$classname": "MBFile", "$classes": []any{"MBFile", "NSObject"}},
	}
	for key, object := range more {
		file[key] = plist.UID(uint64(len(objects)))
		objects = append(objects, object)
	}
	data, err := plist.MarshalBinary(map[string]any{
		"$version": 100000, "$archiver": "NSKeyedArchiver",
		"$top": map[string]any{"root": plist.UID(1)}, "$objects": objects,
	})
	must(t, err)
	return data
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string) *Folder {
	t.Helper()
	f, err := Open(dir, testUDID)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// databaseWithout makes a database of the statements alone.
func databaseWithout(t testing.TB, statements []string, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(off)")
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		_, err := db.Exec(s)
		must(t, err)
	}
}
