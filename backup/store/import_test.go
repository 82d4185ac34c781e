package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
)

var foundDate = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// foundFolder makes a folder as another program leaves it, and answers its path.
func foundFolder(t testing.TB, in, udid string, c contents, how script) string {
	t.Helper()
	if how.date.IsZero() {
		how.date = foundDate
	}
	dir := filepath.Join(in, udid)
	must(t, os.MkdirAll(dir, 0o755))
	for path, data := range c {
		body := filepath.Join(dir, filepath.FromSlash(mobilesync.NewFileID(domain, path).Body()))
		must(t, os.MkdirAll(filepath.Dir(body), 0o755))
		must(t, os.WriteFile(body, []byte(data), 0o644))
	}
	for name, data := range manifests(t, udid, c, how) {
		must(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	return dir
}

// importStore is a store whose clock stands.
func importStore(t testing.TB) *Store {
	t.Helper()
	return newStore(t, Options{Now: func() time.Time { return testTime }})
}

func importFolder(t testing.TB, s *Store, dir string) Version {
	t.Helper()
	got, err := s.Import(t.Context(), dir, ImportOptions{})
	must(t, err)
	return got.Version
}

// nothingLeft wants no version and no stage of a phone.
func nothingLeft(t testing.TB, s *Store) {
	t.Helper()
	for _, folder := range []string{versionsName, stagingName, trashName} {
		names, err := os.ReadDir(filepath.Join(s.path, homeName, udidA, folder))
		if err != nil && !errors.Is(err, os.ErrNotExist) || len(names) > 0 {
			t.Errorf("%s holds %v (%v)", folder, names, err)
		}
	}
}

// What is imported is a version as any other, the folder stays as it was, and the next
// run goes on from it.
func TestImport(t *testing.T) {
	t.Parallel()
	s, c := importStore(t), numbered(40, "old")
	dir := foundFolder(t, fastDir(t), udidA, c, script{})
	for _, left := range []string{".DS_Store", "ab/._x", "Manifest.db-shm", "Manifest.db-wal", "Icon\r", "Snapshot/ab/x"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, left)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, left), nil, 0o644))
	}
	must(t, os.WriteFile(filepath.Join(dir, ".DS_Store"), []byte("Bud1"), 0o644))
	before := snapshot(t, dir)
	got, err := s.Import(t.Context(), dir, ImportOptions{})
	must(t, err)
	v := got.Version
	if !maps.Equal(before, snapshot(t, dir)) {
		t.Error("the folder was changed")
	}
	if !v.Latest || !v.Pinned || !v.Finished.Equal(foundDate) || v.Files != 40 || v.Proof != backup.ProofStructure || v.Imported == nil || !v.Imported.Proven {
		t.Errorf("version %+v, %+v", v, v.Imported)
	}
	if got.Source.Left != 6 || got.Source.Files != 44 || len(v.Notes) > 0 || got.Already {
		t.Errorf("source %+v, notes %v", got.Source, v.Notes)
	}
	if r := verify(t, s, v, Full); !r.OK {
		t.Errorf("damage %v", r.Damage)
	}
	if to, err := os.Readlink(filepath.Join(s.path, udidA)); err != nil || !strings.Contains(to, string(v.ID)) {
		t.Errorf("link %q, %v", to, err)
	}
	listed, ok, err := s.Newest(t.Context(), udidA)
	if err != nil || !ok || listed.ID != v.ID || listed.Imported == nil || listed.Imported.From != got.Source.Path {
		t.Errorf("listed %+v, %v", listed, err)
	}
	st := begin(t, s, udidA)
	if st.Info().Base != v.ID {
		t.Errorf("base %q", st.Info().Base)
	}
	fill(t, st, udidA, c.with("Media/new", "new"), script{})
	next, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	if r := verify(t, s, next, Full); !r.OK || next.NewBytes > 10 {
		t.Errorf("next %+v, %v", next, r.Damage)
	}
}

// The other program goes on writing into its files in place.
func TestImportSharesNoFile(t *testing.T) {
	t.Parallel()
	s := importStore(t)
	dir := foundFolder(t, s.path, udidA, numbered(8, "old"), script{})
	v := importFolder(t, s, dir)
	if len(v.Notes) != 1 || v.Notes[0].ID != cause.DestinationForeign {
		t.Errorf("notes %v", v.Notes)
	}
	for path := range snapshot(t, dir) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString("written in place")
		must(t, errors.Join(err, f.Close()))
	}
	if r := verify(t, s, v, Full); !r.OK {
		t.Errorf("damage %v", r.Damage)
	}
}

// An older backup goes where its date belongs, and nothing that holds for the newest
// version is changed by it.
func TestImportOlder(t *testing.T) {
	t.Parallel()
	now := testTime
	s := newStore(t, Options{Now: func() time.Time { return now }})
	first := backUp(t, s, udidA, numbered(30, "a"))
	now = now.Add(48 * time.Hour)
	last := backUp(t, s, udidA, numbered(30, "b"))
	in := fastDir(t)
	bring := func(name string, at time.Time) Version {
		return importFolder(t, s, foundFolder(t, filepath.Join(in, name), udidA, numbered(9, name), script{date: at}))
	}
	oldest := bring("oldest", testTime.Add(-48*time.Hour))
	between := bring("between", testTime.Add(24*time.Hour))
	lower := bring("lower", testTime.Add(12*time.Hour))
	undated := bring("undated", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	want := []VersionID{last.ID, between.ID, lower.ID, first.ID, oldest.ID, undated.ID}
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	var got []VersionID
	for _, v := range vs {
		got = append(got, v.ID)
		if v.Latest != (v.ID == last.ID) || v.Pinned != (v.Imported != nil) {
			t.Errorf("%s: latest %v, pinned %v", v.ID, v.Latest, v.Pinned)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	if to, _ := os.Readlink(filepath.Join(s.path, udidA)); !strings.Contains(to, string(last.ID)) {
		t.Errorf("link %q", to)
	}
	if st := begin(t, s, udidA); st.Info().Base != last.ID {
		t.Errorf("base %q", st.Info().Base)
	} else {
		must(t, st.Discard())
	}
	for _, gone := range []int{1, 2} { // once pinned, once not
		_, err := s.Prune(t.Context(), udidA, Policy{Last: 1})
		must(t, err)
		vs, err := s.Versions(t.Context(), udidA)
		must(t, err)
		if n := map[int]int{1: 5, 2: 1}[gone]; len(vs) != n || vs[0].ID != last.ID {
			t.Errorf("prune %d leaves %d versions", gone, len(vs))
		}
		for _, v := range vs {
			must(t, s.Unpin(v))
		}
	}
}

// The place that an import gets, among versions newest first.
func TestImportPlace(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return testTime.Add(time.Duration(h) * time.Hour) }
	own := func(gen, h int) Version { return Version{ID: newVersionID(at(h), gen), Finished: at(h)} }
	brought := func(gen, under, h int) Version {
		v := own(gen, h)
		v.under = under
		return v
	}
	list := []Version{own(5, 50), brought(7, 5, 45), own(4, 99), own(3, 30), {ID: "rubbish"}, brought(6, 2, 10)}
	if !slices.IsSortedFunc(slices.DeleteFunc(slices.Clone(list), func(v Version) bool { return !v.ID.Valid() }), newerFirst) {
		t.Error("not newest first")
	}
	for _, c := range []struct {
		hour    int
		undated bool
		want    int
	}{
		{100, false, 0}, {60, false, 4}, {99, false, 4}, {47, false, 4}, {31, false, 4}, {30, false, 3}, {29, false, 3}, {9, false, 2}, {100, true, 2},
	} {
		if got := underFor(list, at(c.hour), c.undated); got != c.want {
			t.Errorf("hour %d (undated %v): under %d, want %d", c.hour, c.undated, got, c.want)
		}
	}
}

// A run that is to be gone on with, and is newer than what is imported, is not lost.
func TestImportLeavesPartial(t *testing.T) {
	t.Parallel()
	s, c := importStore(t), numbered(20, "run")
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{stopAfter: 7})
	must(t, st.Keep())
	v := importFolder(t, s, foundFolder(t, fastDir(t), udidA, numbered(9, "old"), script{}))
	if !v.Latest {
		t.Error("not the newest, with nothing else there")
	}
	st = begin(t, s, udidA)
	if st.Info().Resumes != 1 {
		t.Fatalf("stage %+v", st.Info())
	}
	fill(t, st, udidA, c, script{})
	next, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(vs) != 2 || vs[0].ID != next.ID || !vs[0].Latest {
		t.Errorf("versions %+v", vs)
	}
}

// The list of an encrypted backup is not known: no run builds on it until the password
// has shown what it holds.
func TestImportEncrypted(t *testing.T) {
	t.Parallel()
	s := importStore(t)
	c := contents{}
	for i := range 10 {
		c[string(rune('a'+i))] = strings.Repeat("sixteen bytes ok", i+1)
	}
	v := importFolder(t, s, foundFolder(t, fastDir(t), udidA, c, script{encrypted: true}))
	if !v.Encrypted || v.Proof != "" || v.Imported.Proven || !v.Latest {
		t.Fatalf("version %+v %+v", v, v.Imported)
	}
	st := begin(t, s, udidA)
	if st.Info().Base != "" || len(st.Info().Skipped) > 0 {
		t.Errorf("stage %+v", st.Info())
	}
	must(t, st.Discard())
	p, err := s.openPhone(udidA)
	must(t, err)
	defer p.close()
	must(t, p.markChecked(v, Report{ID: v.ID, Level: Unlock, OK: true}))
	if st := begin(t, s, udidA); st.Info().Base != v.ID {
		t.Errorf("opened, and still no base: %+v", st.Info())
	}
}

// One that lacks a file of a thousand is a version, told as such, and the run builds on
// the older one that lacks nothing.
func TestImportUnproven(t *testing.T) {
	t.Parallel()
	now := foundDate.Add(-time.Hour)
	s := newStore(t, Options{Now: func() time.Time { return now }})
	own := backUp(t, s, udidA, numbered(1200, "own"))
	now = testTime
	dir := foundFolder(t, fastDir(t), udidA, numbered(1200, "old"), script{})
	must(t, os.Remove(filepath.Join(dir, mobilesync.NewFileID(domain, "Media/IMG_0003.JPG").Body())))
	v := importFolder(t, s, dir)
	if !v.Latest || v.Imported.Proven || len(v.Notes) != 1 || v.Notes[0].ID != cause.ManifestMismatch {
		t.Errorf("version %+v, %+v", v, v.Imported)
	}
	st := begin(t, s, udidA)
	if st.Info().Base != own.ID || len(st.Info().Skipped) > 0 {
		t.Errorf("stage %+v", st.Info())
	}
}

// The same folder twice is one version.
func TestImportTwice(t *testing.T) {
	t.Parallel()
	s := importStore(t)
	dir := foundFolder(t, fastDir(t), udidA, numbered(8, "old"), script{})
	v := importFolder(t, s, dir)
	got, err := s.Import(t.Context(), dir, ImportOptions{})
	if err != nil || !got.Already || got.Version.ID != v.ID {
		t.Errorf("%+v, %v", got, err)
	}
	must(t, os.WriteFile(filepath.Join(dir, mobilesync.StatusFile), manifests(t, udidA, nil, script{date: testTime})[mobilesync.StatusFile], 0o644))
	if got, err := s.Import(t.Context(), dir, ImportOptions{}); err != nil || got.Already {
		t.Errorf("%+v, %v", got, err)
	}
}

// There has to be room for all of it, besides the reserve, before anything is copied.
func TestImportNeedsRoom(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{Reserve: 1 << 60})
	_, err := s.Import(t.Context(), foundFolder(t, fastDir(t), udidA, numbered(8, "old"), script{}), ImportOptions{})
	if id, _ := cause.Of(err); id != cause.HostDiskFull {
		t.Errorf("error %v", err)
	}
	nothingLeft(t, s)
}

// A program that writes into the folder at this moment is noticed.
func TestImportOfChangingFolder(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(dir string) error{
		"a file is rewritten": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, mobilesync.StatusFile), []byte("<plist/>"), 0o644)
		},
		"a folder comes": func(dir string) error { return os.Mkdir(filepath.Join(dir, "zz"), 0o755) },
		"a body comes": func(dir string) error {
			id := mobilesync.NewFileID(domain, "comes").Body()
			return errors.Join(os.MkdirAll(filepath.Join(dir, id[:2]), 0o755), os.WriteFile(filepath.Join(dir, id), nil, 0o644))
		},
		"the list goes":   func(dir string) error { return os.Remove(filepath.Join(dir, mobilesync.DatabaseFile)) },
		"a link is there": func(dir string) error { return os.Symlink("/etc/passwd", filepath.Join(dir, "x")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := importStore(t)
			dir := foundFolder(t, fastDir(t), udidA, numbered(8, "old"), script{})
			done := false
			_, err := s.Import(t.Context(), dir, ImportOptions{Progress: func(int64, int64) {
				if !done {
					done = true
					must(t, change(dir))
				}
			}})
			id, _ := cause.Of(err)
			if harmless := name == "a folder comes"; !done || (err == nil) != harmless || !harmless && id != cause.SyncLockHeld {
				t.Fatalf("error %v (%s)", err, id)
			}
			if err != nil {
				nothingLeft(t, s)
			}
		})
	}
}

// Whoever stops an import finds nothing of it afterwards.
func TestImportStopped(t *testing.T) {
	t.Parallel()
	s := importStore(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := s.Import(ctx, foundFolder(t, fastDir(t), udidA, numbered(8, "old"), script{}), ImportOptions{
		Progress: func(int64, int64) { cancel(errDisk) },
	})
	if !errors.Is(err, errDisk) {
		t.Errorf("error %v", err)
	}
	nothingLeft(t, s)
}

// While a run has the phone's folder, nothing is imported into it.
func TestImportWhileRunning(t *testing.T) {
	t.Parallel()
	s := importStore(t)
	st := begin(t, s, udidA)
	dir := foundFolder(t, fastDir(t), udidA, numbered(3, "old"), script{})
	_, err := s.Import(t.Context(), dir, ImportOptions{})
	if id, _ := cause.Of(err); id != cause.AlreadyRunning {
		t.Errorf("error %v", err)
	}
	must(t, st.Discard())
	importFolder(t, s, dir)
}

// A computer that has taken the phone's backups over is not published over.
func TestImportLosesLease(t *testing.T) {
	t.Parallel()
	s := importStore(t)
	dir := foundFolder(t, fastDir(t), udidA, numbered(8, "old"), script{})
	taken := false
	_, err := s.Import(t.Context(), dir, ImportOptions{Progress: func(int64, int64) {
		if taken {
			return
		}
		taken = true
		path := filepath.Join(s.path, homeName, udidA, leaseName)
		data, err := os.ReadFile(path)
		must(t, err)
		var l map[string]any
		must(t, json.Unmarshal(data, &l))
		l["host"], l["token"] = "another computer", newUUID()
		data, err = json.Marshal(l)
		must(t, err)
		must(t, os.WriteFile(path, data, 0o600))
	}})
	if id, _ := cause.Of(err); !taken || id != cause.LeaseLost {
		t.Errorf("error %v", err)
	}
	if vs, err := s.Versions(t.Context(), udidA); err != nil || len(vs) > 0 {
		t.Errorf("versions %v, %v", vs, err)
	}
}

// Each operation of an import fails, and those after it: the versions that were there
// and the folder stay, and the import is a whole version or nothing.
func TestImportBroken(t *testing.T) {
	t.Parallel()
	in := fastDir(t)
	dir := foundFolder(t, in, udidA, numbered(6, "old"), script{})
	before := snapshot(t, dir)
	step, tried, made := 7, 0, 0
	switch {
	case everyPoint():
		step = 1
	case testing.Short() || raceDetector:
		step = 37
	}
	for n := 1; ; n += step {
		dest := fastDir(t)
		clean, err := Open(dest, Options{})
		must(t, err)
		was := backUp(t, clean, udidA, numbered(6, "own"))
		versions := filepath.Join(dest, homeName, udidA, versionsName)
		own := snapshot(t, filepath.Join(versions, string(was.ID)))
		faults := tree.NewFaults(tree.OS{})
		s, err := Open(dest, Options{FS: faults})
		must(t, err)
		faults.FailFrom(n, errDisk)
		got, err := s.Import(t.Context(), dir, ImportOptions{})
		fired := faults.Fired() > 0
		must(t, s.Close())
		if err != nil && !fired {
			t.Fatalf("import: %v", err)
		}
		must(t, clean.Recover(t.Context()))
		tried++
		vs, lerr := clean.Versions(t.Context(), udidA)
		must(t, lerr)
		if vs[0].ID != was.ID && err == nil || len(vs) > 2 || err == nil && len(vs) != 2 {
			t.Errorf("operation %d: %d versions (%v)", n, len(vs), err)
		}
		for _, v := range vs {
			if v.Imported == nil {
				continue
			}
			made++
			if r := verify(t, clean, v, Full); !r.OK || !v.Pinned || v.Latest || err == nil && got.Version.ID != v.ID {
				t.Errorf("operation %d: %+v, damage %v", n, v, r.Damage)
			}
		}
		if !maps.Equal(own, snapshot(t, filepath.Join(versions, string(was.ID)))) {
			t.Errorf("operation %d: the version that was there has changed", n)
		}
		if left, _ := os.ReadDir(filepath.Join(dest, homeName, udidA, stagingName)); len(left) > 0 {
			t.Errorf("operation %d: %v is left", n, left)
		}
		must(t, clean.Close())
		must(t, os.RemoveAll(dest))
		if !fired {
			break
		}
	}
	if !maps.Equal(before, snapshot(t, dir)) {
		t.Error("the folder was changed")
	}
	t.Logf("%d operations failed, %d imports were there nevertheless, promises broken 0", tried-1, made-1)
}
