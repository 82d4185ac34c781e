package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"homeport/backup/mobilesync"
)

// Each class of damage to a published version is found and the file named; the
// damaged version is no base for the next run, which is whole all the same.
func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	c := numbered(30, "a").with("Media/big.MOV", string(bytes.Repeat([]byte("big"), 5000))).with("Media/twin1.JPG", "twin one").with("Media/twin2.JPG", "twin two")
	at := func(p string) string {
		return filepath.Join(udidA, filepath.FromSlash(mobilesync.NewFileID(domain, p).Body()))
	}
	big := at("Media/big.MOV")
	flip := func(name string, offset int) func(t *testing.T, v string) {
		return func(t *testing.T, v string) {
			rewrite(t, filepath.Join(v, name), func(b []byte) []byte { b[(offset+len(b))%len(b)] ^= 1; return b })
		}
	}
	cut := func(name string, to int) func(t *testing.T, v string) {
		return func(t *testing.T, v string) { must(t, os.Truncate(filepath.Join(v, name), int64(to))) }
	}
	gone := func(name string) func(t *testing.T, v string) {
		return func(t *testing.T, v string) { must(t, os.RemoveAll(filepath.Join(v, name))) }
	}
	instead := func(name string, make func(path string) error) func(t *testing.T, v string) {
		return func(t *testing.T, v string) { gone(name)(t, v); must(t, make(filepath.Join(v, name))) }
	}
	for name, d := range map[string]struct {
		do    func(t *testing.T, v string)
		level Level // the least that finds it
		path  string
		named string // relative path on the phone
		kind  mobilesync.Kind
	}{
		"bit in a body": {flip(big, 7000), Full, big, "Media/big.MOV", mobilesync.Changed},
		"first byte":    {flip(big, 0), Full, big, "Media/big.MOV", mobilesync.Changed},
		"last byte":     {flip(big, -1), Full, big, "Media/big.MOV", mobilesync.Changed},
		"zeroed block": {func(t *testing.T, v string) {
			rewrite(t, filepath.Join(v, big), func(b []byte) []byte { clear(b[4096:8192]); return b })
		}, Full, big, "Media/big.MOV", mobilesync.Changed},
		"short by 1":            {cut(big, 14999), Quick, big, "Media/big.MOV", mobilesync.WrongSize},
		"grown by 1":            {cut(big, 15001), Quick, big, "Media/big.MOV", mobilesync.WrongSize},
		"emptied":               {cut(big, 0), Quick, big, "Media/big.MOV", mobilesync.Empty},
		"missing":               {gone(big), Quick, big, "Media/big.MOV", mobilesync.Missing},
		"swapped, same size":    {swap(at("Media/twin1.JPG"), at("Media/twin2.JPG")), Full, at("Media/twin1.JPG"), "Media/twin1.JPG", mobilesync.Changed},
		"a directory instead":   {instead(big, func(p string) error { return os.Mkdir(p, 0o700) }), Quick, big, "Media/big.MOV", mobilesync.NotRegular},
		"a link instead":        {instead(big, func(p string) error { return os.Symlink("/etc/passwd", p) }), Quick, big, "Media/big.MOV", mobilesync.NotRegular},
		"Manifest.db header":    {flip(udidA+"/Manifest.db", 3), Quick, udidA + "/Manifest.db", "", mobilesync.Unreadable},
		"Manifest.db last page": {flip(udidA+"/Manifest.db", -1), Full, udidA + "/Manifest.db", "", mobilesync.Changed},
		"Manifest.db missing":   {gone(udidA + "/Manifest.db"), Quick, udidA + "/Manifest.db", "", mobilesync.Missing},
		"Manifest.db empty":     {cut(udidA+"/Manifest.db", 0), Quick, udidA + "/Manifest.db", "", mobilesync.Empty},
		"Status.plist bit":      {flip(udidA+"/Status.plist", 30), Full, udidA + "/Status.plist", "", ""},
		"Info.plist half":       {cut(udidA+"/Info.plist", 50), Quick, udidA + "/Info.plist", "", mobilesync.Unreadable},
		"Manifest.plist gone":   {gone(udidA + "/Manifest.plist"), Quick, udidA + "/Manifest.plist", "", mobilesync.Missing},
		"seal: bit of a sum":    {flip(sumsName, 10), Quick, sumsName, "", mobilesync.Changed},
		"seal: line removed": {func(t *testing.T, v string) {
			rewrite(t, filepath.Join(v, sumsName), func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] })
		}, Quick, sumsName, "", mobilesync.Changed},
		"seal: line added": {func(t *testing.T, v string) {
			rewrite(t, filepath.Join(v, sumsName), func(b []byte) []byte {
				return append(b, bytes.Replace(b[:bytes.IndexByte(b, '\n')+1], []byte(udidA), []byte("zzz"), 1)...)
			})
		}, Quick, sumsName, "", mobilesync.Changed},
		"seal: half":      {cut(sumsName, 500), Quick, sumsName, "", mobilesync.Unreadable},
		"seal: missing":   {gone(sumsName), Quick, sumsName, "", mobilesync.Missing},
		"record: missing": {gone(recordName), Quick, recordName, "", mobilesync.Missing},
		"record: half":    {cut(recordName, 100), Quick, recordName, "", mobilesync.Unreadable},
		"folder missing":  {gone(udidA), Quick, udidA, "", mobilesync.Missing},
		"folder a link":   {instead(udidA, func(p string) error { return os.Symlink("/", p) }), Quick, udidA, "", mobilesync.Unreadable},
		"a stray":         {func(t *testing.T, v string) { must(t, os.WriteFile(filepath.Join(v, udidA, "x"), nil, 0o600)) }, Quick, udidA + "/x", "", mobilesync.Stray},
		"write-ahead log": {func(t *testing.T, v string) {
			must(t, os.WriteFile(filepath.Join(v, udidA, "Manifest.db-wal"), []byte("x"), 0o600))
		}, Quick, udidA + "/Manifest.db-wal", "", mobilesync.Stray},
		"the phone's staging": {func(t *testing.T, v string) { must(t, os.Mkdir(filepath.Join(v, udidA, "Snapshot"), 0o700)) }, Quick, udidA + "/Snapshot", "", mobilesync.SnapshotLeft},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, Options{})
			v := backUp(t, s, udidA, c)
			d.do(t, v.Path)
			r := verify(t, s, v, d.level)
			if r.OK || !names(r, filepath.ToSlash(d.path), d.named, d.kind) {
				t.Fatalf("report %+v", r)
			}
			if d.level == Full && d.named != "" && !verify(t, s, v, Quick).OK {
				t.Error("the quick check read bodies")
			}
			if got, err := s.Find(t.Context(), v.ID); err != nil || got.Sound() || got.Latest {
				t.Errorf("listed as %+v, %v", got, err)
			}
			checkNextRun(t, s, v, c)
		})
	}
}

// checkNextRun makes a version after damage: whole, and not from the damaged base.
func checkNextRun(t *testing.T, s *Store, damaged Version, c contents) {
	t.Helper()
	st := begin(t, s, udidA)
	if st.Info().Base == damaged.ID {
		t.Error("the damaged version is the base")
	}
	must(t, st.Discard())
	next := backUp(t, s, udidA, c)
	if r := verify(t, s, next, Full); !r.OK || next.ID.Generation() <= damaged.ID.Generation() {
		t.Errorf("next run %s: %+v", next.ID, r.Damage)
	}
}

func names(r Report, path, relativePath string, kind mobilesync.Kind) bool {
	for _, d := range r.Damage {
		if d.Path == path && (kind == "" || d.Kind == kind) && d.RelativePath == relativePath {
			return relativePath == "" || d.Domain == domain
		}
	}
	return false
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, change(data), 0o600))
}

func swap(a, b string) func(*testing.T, string) {
	return func(t *testing.T, v string) {
		a, b, c := filepath.Join(v, a), filepath.Join(v, b), filepath.Join(v, "c")
		must(t, os.Rename(a, c))
		must(t, os.Rename(b, a))
		must(t, os.Rename(c, b))
	}
}

// A clean version has no false alarm, whatever was checked before.
func TestVerifyClearsOnlyWhatItCanSee(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(5, "a"))
	path := filepath.Join(v.Path, udidA, filepath.FromSlash(mobilesync.NewFileID(domain, "Media/IMG_0003.JPG").Body()))
	good, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, bytes.Repeat([]byte("?"), len(good)), 0o600))
	verify(t, s, v, Full)
	if r := verify(t, s, v, Quick); !r.OK {
		t.Errorf("quick: %+v", r)
	}
	if got, _ := s.Find(t.Context(), v.ID); got.Sound() {
		t.Error("a quick check cleared what a full one had found")
	}
	must(t, os.WriteFile(path, good, 0o600))
	var done, total int64
	r, err := s.Verify(t.Context(), v, Full, func(d, n int64) { done, total = d, n })
	must(t, err)
	if got, _ := s.Find(t.Context(), v.ID); !r.OK || !got.Sound() || done == 0 || done != total {
		t.Errorf("repaired: %+v, %+v, progress %d of %d", r, got, done, total)
	}
}
