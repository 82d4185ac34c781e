package store

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/usbmux/plist"
)

const (
	udidA = "00008110-000A11112222801E"
	udidB = "00008110-000B33334444801E"
)

// contents is what a made-up phone holds: relative path to bytes, all in one
// domain.
type contents map[string]string

const domain = "CameraRollDomain"

func numbered(n int, tag string) contents {
	c := contents{}
	for i := range n {
		c[fmt.Sprintf("Media/IMG_%04d.JPG", i)] = fmt.Sprintf("%s %d %s", tag, i, strings.Repeat("x", i%50))
	}
	return c
}

// with returns a copy with one file changed.
func (c contents) with(path, data string) contents {
	c = maps.Clone(c)
	c[path] = data
	return c
}

// script bends what the engine does to a stage.
type script struct {
	silent    bool // Wrote is not called
	skip      string
	unstaged  bool // leave the phone's staging behind
	state     string
	udid      string
	encrypted bool
	stopAfter int // write so many bodies and no manifest
	date      time.Time
}

// fill does to a stage what an engine does: it removes what the phone no longer
// has, writes each body that is not there or has changed to a new inode, and the
// four files at the end.
func fill(t testing.TB, st *Stage, udid string, c contents, how script) {
	t.Helper()
	tr, err := tree.Open(st.Dir(), tree.WithFS(st.FS()))
	must(t, err)
	defer tr.Close()
	root := rel(t, udid)
	if err := tr.Mkdir(root); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	want := map[string]string{}
	for p, data := range c {
		want[mobilesync.NewFileID(domain, p).Body()] = data
	}
	written := 0
	for _, body := range slices.Sorted(maps.Keys(want)) {
		data := want[body]
		have, err := os.ReadFile(inStage(st, body))
		if err == nil && string(have) == data || how.skip != "" && data == how.skip {
			continue
		}
		if err := tr.MkdirAll(rel(t, udid+"/"+body[:2])); err != nil {
			t.Fatal(err)
		}
		put(t, st, tr, udid+"/"+body, []byte(data), how.silent)
		if !how.silent {
			memoryOf(st.phone.store.path).add(body, data, 0)
		}
		if written++; how.stopAfter > 0 && written == how.stopAfter {
			return
		}
	}
	must(t, dropGone(st, tr, want))
	if how.unstaged {
		must(t, tr.MkdirAll(rel(t, udid+"/Snapshot/ab")))
	}
	for name, data := range manifests(t, udid, c, how) {
		put(t, st, tr, udid+"/"+name, data, how.silent)
	}
}

func put(t testing.TB, st *Stage, tr *tree.Tree, path string, data []byte, silent bool) {
	t.Helper()
	b, err := tr.Create(rel(t, path))
	must(t, err)
	_, err = b.Write(data)
	must(t, err)
	n, sum, err := b.Commit()
	must(t, err)
	if !silent {
		st.Wrote(rel(t, path), n, sum)
	}
}

func rel(t testing.TB, path string) tree.Rel {
	t.Helper()
	r, err := tree.Parse(path)
	must(t, err)
	return r
}

func manifests(t testing.TB, udid string, c contents, how script) map[string][]byte {
	t.Helper()
	state, named := "finished", udid
	if how.state != "" {
		state = how.state
	}
	if how.udid != "" {
		named = how.udid
	}
	now := time.Unix(1700000000, 0).UTC()
	if !how.date.IsZero() {
		now = how.date
	}
	files := map[string][]byte{}
	for name, v := range map[string]any{
		mobilesync.InfoFile: map[string]any{
			"Target Identifier": named, "Unique Identifier": strings.ToUpper(named), "Device Name": "Anna's iPhone",
			"Product Version": "18.5", "Last Backup Date": now,
		},
		mobilesync.StatusFile: map[string]any{
			"Version": "3.3", "UUID": "A", "Date": now, "BackupState": "new", "SnapshotState": state, "IsFullBackup": false,
		},
		mobilesync.ManifestFile: map[string]any{
			"Version": "10.0", "IsEncrypted": how.encrypted, "BackupKeyBag": []byte("VERS"),
			"Lockdown": map[string]any{"UniqueDeviceID": named},
		},
	} {
		data, err := plist.MarshalBinary(v)
		must(t, err)
		files[name] = data
	}
	files[mobilesync.DatabaseFile] = database(t, c)
	if how.encrypted {
		files[mobilesync.DatabaseFile] = []byte(strings.Repeat("not SQLite .....", 64))
	}
	return files
}

var databases sync.Map // contents as text to []byte

// database is a Manifest.db of c.
func database(t testing.TB, c contents) []byte {
	t.Helper()
	key := fmt.Sprint(c)
	if data, ok := databases.Load(key); ok {
		return data.([]byte)
	}
	path := filepath.Join(t.TempDir(), "m.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(off)")
	must(t, err)
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
		CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)`)
	must(t, err)
	tx, err := db.Begin()
	must(t, err)
	for _, p := range slices.Sorted(maps.Keys(c)) {
		_, err := tx.Exec(`INSERT INTO Files VALUES (?, ?, ?, 1, ?)`,
			mobilesync.NewFileID(domain, p).String(), domain, p, mbfile(t, len(c[p])))
		must(t, err)
	}
	// A phone's own list tells two states apart in which all lengths are the same.
	_, err = tx.Exec(`INSERT INTO Properties VALUES ('state', ?)`, fmt.Sprintf("%x", sha256.Sum256([]byte(key))))
	must(t, err)
	must(t, tx.Commit())
	must(t, db.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	databases.Store(key, data)
	listed.Store(string(data), c)
	return data
}

var listed sync.Map // a Manifest.db to the contents that it lists

var blobs sync.Map // int to []byte: encoding each blob anew is most of a test's time

func mbfile(t testing.TB, size int) []byte {
	if b, ok := blobs.Load(size); ok {
		return b.([]byte)
	}
	b, err := plist.MarshalBinary(map[string]any{
		"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": map[string]any{"root": plist.UID(1)},
		"$objects": []any{"$null", map[string]any{"Size": size, "Mode": 0o100644, "LastModified": 1700000000}},
	})
	must(t, err)
	blobs.Store(size, b)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newStore(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(fastDir(t), o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func begin(t testing.TB, s *Store, udid string) *Stage {
	t.Helper()
	st, err := s.Begin(t.Context(), udid)
	must(t, err)
	t.Cleanup(func() { st.Discard() })
	return st
}

// backUp makes one version.
func backUp(t testing.TB, s *Store, udid string, c contents) Version {
	t.Helper()
	st := begin(t, s, udid)
	fill(t, st, udid, c, script{})
	v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived, Engine: "native"})
	must(t, err)
	return v
}

func verify(t testing.TB, s *Store, v Version, level Level) Report {
	t.Helper()
	r, err := s.Verify(t.Context(), v, level, nil)
	must(t, err)
	return r
}

// snapshot describes every file below dir: inode, time, mode, hash.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		got[path] = fmt.Sprintf("%v %v %v %x", inode(info), info.ModTime().UnixNano(), info.Mode(), sha256.Sum256(data))
		return err
	}))
	return got
}

// fastDir is a temporary folder in memory where the system has one: the stories
// of the crash tests sync thousands of times.
func fastDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "homeport-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// withBody runs f while a body is being written.
func withBody(t testing.TB, st *Stage, f func()) {
	t.Helper()
	tr, err := tree.Open(st.Dir())
	must(t, err)
	defer tr.Close()
	b, err := tr.Create(rel(t, filepath.Base(st.state.UDID)+"/Status.plist"))
	must(t, err)
	defer b.Abort()
	f()
}

var testTime = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// testHost is the computer of the stories that go through a restart.
var testHost = Host{ID: "00000000-0000-4000-8000-000000000001", Name: "this computer"}
