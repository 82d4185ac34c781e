package contents

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"howett.net/plist"
	_ "modernc.org/sqlite"
)

// writeManifest writes the manifest of v into a file and opens it with the real SQLite.
func writeManifest(t testing.TB, v *View, bag *Keybag) (string, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Manifest.db")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := v.WriteManifest(f, bag)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Size() != n {
		t.Fatalf("says %d bytes, wrote %d (%v)", n, st.Size(), err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return path, db
}

func one[T any](t testing.TB, db *sql.DB, query string, args ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRow(query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// SQLite itself finds nothing wrong with a manifest, whatever its size: the
// numbers around which a page fills up are all in the range.
func TestManifestIsSound(t *testing.T) {
	t.Parallel()
	sizes := []int{0, 1, 40, 3000, 20001}
	for n := 60; n < 400; n += 7 {
		sizes = append(sizes, n)
	}
	for _, files := range sizes {
		v := New(Config{Seed: uint64(files), Files: max(files, 1), Profile: Small}).View()
		_, db := writeManifest(t, v, nil)
		if got := one[string](t, db, "PRAGMA integrity_check"); got != "ok" {
			t.Fatalf("%d files: %s", files, got)
		}
		if got := one[int](t, db, "PRAGMA user_version"); got != 2 {
			t.Errorf("user_version is %d", got)
		}
		if got, want := one[int](t, db, "SELECT count(*) FROM Files"), len(v.ByID()); got != want {
			t.Errorf("%d files: %d rows, want %d", files, got, want)
		}
		if got, want := one[int](t, db, "SELECT count(*) FROM Files INDEXED BY FilesFlagsIdx WHERE flags = 1"), v.Files(); got != want {
			t.Errorf("%d files: %d rows with flag 1, want %d", files, got, want)
		}
		db.Close()
	}
}

// keyed is what an NSKeyedArchiver archive looks like.
type keyed struct {
	Archiver string `plist:"$archiver"`
	Version  int    `plist:"$version"`
	Top      struct {
		Root plist.UID `plist:"root"`
	} `plist:"$top"`
	Objects []any `plist:"$objects"`
}

func TestManifestRows(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 9, Files: 700})
	c.Modify(40)
	c.Add(12)
	c.Delete(30)
	v := c.View()
	_, db := writeManifest(t, v, nil)
	rows, err := db.Query("SELECT fileID, domain, relativePath, flags, file FROM Files")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := 0
	for ; rows.Next(); seen++ {
		var id, domain, path string
		var flags Kind
		var blob []byte
		if err := rows.Scan(&id, &domain, &path, &flags, &blob); err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(id)
		if err != nil || len(raw) != 20 {
			t.Fatalf("id %q: %v", id, err)
		}
		i, ok := v.Find([20]byte(raw))
		if !ok {
			t.Fatalf("%s %q is not on the phone", domain, path)
		}
		wantDomain, wantPath := v.Names(i)
		if row := v.Row(i); domain != wantDomain || path != wantPath || flags != row.Kind {
			t.Fatalf("%s %q %d, want %s %q %d", domain, path, flags, wantDomain, wantPath, row.Kind)
		}
		checkBlob(t, blob, v, i)
	}
	if err := rows.Err(); err != nil || seen != len(v.ByID()) {
		t.Fatalf("%d rows, want %d: %v", seen, len(v.ByID()), err)
	}
	for _, path := range []string{"Library/SMS/sms.db", "Documents/case", "Media/DCIM/100APPLE/IMG_0001.HEIC"} {
		if n := one[int](t, db, "SELECT count(*) FROM Files WHERE relativePath = ?", path); n != 1 {
			t.Errorf("the index finds %d rows for %q", n, path)
		}
	}
}

func checkBlob(t *testing.T, blob []byte, v *View, i int) {
	t.Helper()
	var k keyed
	if _, err := plist.Unmarshal(blob, &k); err != nil {
		t.Fatal(err)
	}
	if k.Archiver != "NSKeyedArchiver" || k.Version != 100000 {
		t.Fatalf("archive %+v", k)
	}
	file := k.Objects[k.Top.Root].(map[string]any)
	class := k.Objects[file["$class"].(plist.UID)].(map[string]any)
	if class["$classname"] != "MBFile" {
		t.Fatalf("class %v", class)
	}
	row := v.Row(i)
	_, path := v.Names(i)
	if got := k.Objects[file["RelativePath"].(plist.UID)]; got != path {
		t.Errorf("path %q, want %q", got, path)
	}
	if got := file["Size"]; got != uint64(row.Size) {
		t.Errorf("%q: size %v, want %d", path, got, row.Size)
	}
	if got := file["LastModified"]; got != uint64(row.Modified) {
		t.Errorf("%q: modified %v, want %d", path, got, row.Modified)
	}
	if row.Kind == Link {
		if got := k.Objects[file["Target"].(plist.UID)]; got != v.Target(i) {
			t.Errorf("%q: target %v, want %q", path, got, v.Target(i))
		}
	}
}

// The database of an encrypted backup, in front of the encryption, is as sound, and
// its rows have keys that unwrap to those of the bodies.
func TestEncryptedManifest(t *testing.T) {
	t.Parallel()
	for _, files := range []int{1, 90, 3000} {
		c := New(Config{Seed: uint64(files), Files: files, Profile: Small, Password: "pw"})
		v, bag := c.View(), c.Keybag()
		_, db := writeManifest(t, v, bag)
		if got := one[string](t, db, "PRAGMA integrity_check"); got != "ok" {
			t.Fatalf("%d files: %s", files, got)
		}
		salt := one[[]byte](t, db, "SELECT value FROM Properties WHERE key = 'salt'")
		want := sha256.Sum256(append([]byte("pw"), salt...))
		if hash := one[[]byte](t, db, "SELECT value FROM Properties WHERE key = 'passwordHash'"); !bytes.Equal(hash, want[:]) {
			t.Errorf("password hash %x", hash)
		}
		rows, err := db.Query("SELECT fileID, flags, file FROM Files")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id string
			var flags Kind
			var blob []byte
			if err := rows.Scan(&id, &flags, &blob); err != nil {
				t.Fatal(err)
			}
			raw, _ := hex.DecodeString(id)
			i, _ := v.Find([20]byte(raw))
			checkBlob(t, blob, v, i)
			checkKeyField(t, blob, bag, v, i)
		}
		rows.Close()
		db.Close()
	}
}

func checkKeyField(t *testing.T, blob []byte, bag *Keybag, v *View, i int) {
	t.Helper()
	var k keyed
	if _, err := plist.Unmarshal(blob, &k); err != nil {
		t.Fatal(err)
	}
	file := k.Objects[k.Top.Root].(map[string]any)
	ref, has := file["EncryptionKey"].(plist.UID)
	if has != (v.kind(i) == File) {
		t.Fatalf("row %d: EncryptionKey %v", i, file["EncryptionKey"])
	}
	if !has {
		return
	}
	holder := k.Objects[ref].(map[string]any)
	if class := k.Objects[holder["$class"].(plist.UID)].(map[string]any); class["$classname"] != "NSMutableData" {
		t.Errorf("row %d: class %v", i, class)
	}
	field := holder["NS.data"].([]byte)
	key, err := bag.Keys().Unwrap(field)
	if want := bag.fileKey(v, i); err != nil || !bytes.Equal(key, want[:]) || file["ProtectionClass"] != uint64(field[0]) {
		t.Errorf("row %d: key %x, class %v, %v", i, key, file["ProtectionClass"], err)
	}
}

func TestManifestIsDeterministic(t *testing.T) {
	t.Parallel()
	sum := func(cfg Config) string {
		c := New(cfg)
		c.Modify(10)
		c.Delete(3)
		path, _ := writeManifest(t, c.View(), c.Keybag())
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.ManifestPlist(c.Keybag(), 3, map[string]any{"UniqueDeviceID": "u", "DeviceName": "d"})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x %x", sha256.Sum256(b), sha256.Sum256(p))
	}
	cfg := Config{Seed: 4, Files: 300}
	if a, b := sum(cfg), sum(cfg); a != b {
		t.Errorf("%s and %s", a, b)
	}
	sealed := Config{Seed: 4, Files: 300, Password: "pw"}
	if a, b := sum(sealed), sum(sealed); a != b || a == sum(cfg) {
		t.Errorf("encrypted: %s and %s", a, b)
	}
	if a, b := sum(cfg), sum(Config{Seed: 5, Files: 300}); a == b {
		t.Error("another seed gives the same manifest")
	}
}

func BenchmarkManifest(b *testing.B) {
	for name, password := range map[string]string{"plain": "", "encrypted": "pw"} {
		b.Run(name, func(b *testing.B) { benchmarkManifest(b, New(Config{Seed: 1, Files: 100_000, Password: password})) })
	}
}

func benchmarkManifest(b *testing.B, c *Contents) {
	v, bag := c.View(), c.Keybag()
	path := filepath.Join(b.TempDir(), "m")
	b.ReportAllocs()
	for b.Loop() {
		f, err := os.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		n, err := v.WriteManifest(f, bag)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
		f.Close()
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(Config{Seed: 1, Files: 100_000})
	}
}

func BenchmarkBody(b *testing.B) {
	v := New(Config{Seed: 1, Profile: Large, Files: 50, Bytes: 1 << 30}).View()
	body := v.Body(v.Len() - 1)
	frame := make([]byte, 32767)
	b.SetBytes(body.Size())
	for b.Loop() {
		for off := int64(0); off < body.Size(); {
			n, _ := body.ReadAt(frame, off)
			off += int64(n)
		}
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 3, Files: 400, Bytes: 30 << 20})
	old := c.View()
	c.Modify(100)
	v := c.View()
	for i := range v.Len() {
		if v.Row(i).Kind != File {
			continue
		}
		body := v.Body(i)
		var whole bytes.Buffer
		if n, err := body.WriteTo(&whole); n != body.Size() || err != nil || int64(whole.Len()) != n {
			t.Fatalf("row %d: wrote %d of %d: %v", i, n, body.Size(), err)
		}
		b := whole.Bytes()
		if !body.Equal(b, 0) {
			t.Fatalf("row %d differs from itself", i)
		}
		odd := make([]byte, 7919)
		for off := int64(0); off < body.Size(); {
			n, err := body.ReadAt(odd, off)
			if !bytes.Equal(odd[:n], b[off:off+int64(n)]) || !body.Equal(odd[:n], off) {
				t.Fatalf("row %d at %d: %d bytes differ", i, off, n)
			}
			off += int64(n)
			if (err == io.EOF) != (off == body.Size()) {
				t.Fatalf("row %d at %d: %v", i, off, err)
			}
		}
		if len(b) > 16 {
			b[len(b)/2] ^= 1
			if body.Equal(b, 0) {
				t.Fatalf("row %d: a flipped bit was not seen", i)
			}
			b[len(b)/2] ^= 1
			changed := old.Row(i).Modified != v.Row(i).Modified
			if same := old.Row(i).Size == v.Row(i).Size && old.Body(i).Equal(b, 0); same == changed {
				t.Fatalf("row %d: changed %v, same bytes %v", i, changed, same)
			}
		}
	}
}
