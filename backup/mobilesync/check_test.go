package mobilesync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const somePath = "Media/DCIM/IMG_000042.JPG"

var someID = NewFileID("CameraRollDomain", somePath)

func TestCheckOfAGoodFolder(t *testing.T) {
	t.Parallel()
	r, err := open(t, newWorld(100).build(t)).Check(t.Context(), "00008110000a11112222801e", Options{})
	must(t, err)
	var bytes int64
	for i := range 100 {
		bytes += int64(i % 97)
	}
	if !r.OK() || r.Rows != 103 || r.Files != 100 || r.Bytes != bytes || r.Total() != 0 {
		t.Errorf("report %+v", r)
	}
}

// Each class of damage is found, once, and the file is named.
func TestCheckNamesDamage(t *testing.T) {
	t.Parallel()
	body := filepath.FromSlash(someID.Body())
	named := func(k Kind) []Damage {
		return []Damage{{Path: testUDID + "/" + someID.Body(), Domain: "CameraRollDomain", RelativePath: somePath, Kind: k}}
	}
	plain := func(name string, k Kind) []Damage { return []Damage{{Path: testUDID + "/" + name, Kind: k}} }
	for name, c := range map[string]struct {
		before func(w *world)
		after  func(t *testing.T, home string)
		want   []Damage
	}{
		"body missing":        {after: func(t *testing.T, home string) { must(t, os.Remove(filepath.Join(home, body))) }, want: named(Missing)},
		"body empty":          {after: func(t *testing.T, home string) { must(t, os.Truncate(filepath.Join(home, body), 0)) }, want: named(Empty)},
		"body short by 1":     {after: func(t *testing.T, home string) { must(t, os.Truncate(filepath.Join(home, body), 41)) }, want: named(WrongSize)},
		"body grown by 1":     {after: func(t *testing.T, home string) { must(t, os.Truncate(filepath.Join(home, body), 43)) }, want: named(WrongSize)},
		"body is a directory": {after: replace(body, func(p string) error { return os.Mkdir(p, 0o700) }), want: named(NotRegular)},
		"body is a link":      {after: replace(body, func(p string) error { return os.Symlink("/etc/passwd", p) }), want: named(NotRegular)},
		"body is a stray":     {after: add("ab/"+NewFileID("x", "y").String(), "x"), want: plain("ab/"+NewFileID("x", "y").String(), Stray)},
		"odd name in shard":   {after: add("ab/IMG.JPG", "x"), want: plain("ab/IMG.JPG", Stray)},
		"upper-case twin":     {after: add("ab/"+"ABCDEF"+someID.String()[6:], "x"), want: plain("ab/"+"ABCDEF"+someID.String()[6:], Stray)},
		"unknown file":        {after: add("desktop.ini", "x"), want: plain("desktop.ini", Stray)},
		"write-ahead log":     {after: add("Manifest.db-wal", "x"), want: plain("Manifest.db-wal", Stray)},
		"snapshot left":       {after: func(t *testing.T, home string) { must(t, os.Mkdir(filepath.Join(home, SnapshotDir), 0o700)) }, want: plain(SnapshotDir, SnapshotLeft)},
		"link at the top":     {after: func(t *testing.T, home string) { must(t, os.Symlink("/", filepath.Join(home, "x"))) }, want: plain("x", NotRegular)},
		"Status missing":      {after: remove(StatusFile), want: plain(StatusFile, Missing)},
		"Status empty":        {after: add(StatusFile, ""), want: plain(StatusFile, Empty)},
		"Status half":         {after: add(StatusFile, "bplist00\xd1"), want: plain(StatusFile, Unreadable)},
		"Status a link":       {after: replace(StatusFile, func(p string) error { return os.Symlink(InfoFile, p) }), want: plain(StatusFile, NotRegular)},
		"Status a folder":     {after: replace(StatusFile, func(p string) error { return os.Mkdir(p, 0o700) }), want: plain(StatusFile, NotRegular)},
		"not finished":        {before: func(w *world) { w.status["SnapshotState"] = "moving" }, want: plain(StatusFile, NotFinished)},
		"state empty":         {before: func(w *world) { w.status["BackupState"] = "empty" }, want: plain(StatusFile, NotFinished)},
		"state old":           {before: func(w *world) { w.status["BackupState"] = "old" }, want: plain(StatusFile, StatusOld)},
		"state of a bad type": {before: func(w *world) { w.status["SnapshotState"] = []any{1} }, want: plain(StatusFile, Unreadable)},
		"Info missing":        {after: remove(InfoFile), want: plain(InfoFile, Missing)},
		"Info of another":     {before: func(w *world) { w.info["Target Identifier"] = "other" }, want: plain(InfoFile, WrongUDID)},
		"Manifest of another": {before: func(w *world) { w.manifest["Lockdown"] = map[string]any{"UniqueDeviceID": "other"} }, want: plain(ManifestFile, WrongUDID)},
		"encryption flipped":  {before: func(w *world) { w.manifest["IsEncrypted"] = true }, want: plain(DatabaseFile, Unreadable)},
		"database empty":      {after: add(DatabaseFile, ""), want: plain(DatabaseFile, Empty)},
		"database not SQLite": {after: add(DatabaseFile, "hello"), want: plain(DatabaseFile, Unreadable)},
		"database a stub":     {after: add(DatabaseFile, sqliteHeader), want: plain(DatabaseFile, Unreadable)},
		"id of another path":  {before: func(w *world) { w.rows[1].id = NewFileID("a", "b").String() }, want: []Damage{{Path: testUDID + "/Manifest.db", Domain: "HomeDomain", RelativePath: "Library", Kind: WrongID}}},
		"id of other form":    {before: func(w *world) { w.rows[1].id = "../../x" }, want: []Damage{{Path: testUDID + "/Manifest.db", Domain: "HomeDomain", RelativePath: "Library", Kind: WrongID}}},
		"blob not readable":   {before: func(w *world) { w.rows[45].blob = []byte("x") }, want: []Damage{{Path: testUDID + "/Manifest.db", Domain: "CameraRollDomain", RelativePath: somePath, Kind: BadRow}}},
		"empty file, no body": {after: func(t *testing.T, home string) {
			must(t, os.Remove(filepath.Join(home, filepath.FromSlash(NewFileID("CameraRollDomain", "Media/DCIM/IMG_000000.JPG").Body()))))
		}, want: []Damage{{Path: testUDID + "/" + NewFileID("CameraRollDomain", "Media/DCIM/IMG_000000.JPG").Body(), Domain: "CameraRollDomain", RelativePath: "Media/DCIM/IMG_000000.JPG", Kind: MissingEmpty}}},
		"no blob, body or not": {before: func(w *world) { w.rows[45].noBlob = true }, want: nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(60)
			if c.before != nil {
				c.before(w)
			}
			dir := w.build(t)
			if c.after != nil {
				c.after(t, filepath.Join(dir, testUDID))
			}
			r, err := open(t, dir).Check(t.Context(), testUDID, Options{})
			must(t, err)
			got := slices.DeleteFunc(slices.Clone(r.Damage), func(d Damage) bool {
				return name != "unreadable" && d.Kind == Stray && len(c.want) == 1 && c.want[0].Kind == Unreadable
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("damage (-want +got): %s", diff)
			}
		})
	}
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, home string) { must(t, os.Remove(filepath.Join(home, name))) }
}

func add(name, data string) func(*testing.T, string) {
	return func(t *testing.T, home string) {
		path := filepath.Join(home, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(data), 0o600))
	}
}

func replace(name string, with func(string) error) func(*testing.T, string) {
	return func(t *testing.T, home string) {
		must(t, os.Remove(filepath.Join(home, name)))
		must(t, with(filepath.Join(home, name)))
	}
}

func TestCheckOfAnEncryptedFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(0)
	w.manifest["IsEncrypted"] = true
	dir := w.build(t)
	home := filepath.Join(dir, testUDID)
	must(t, os.WriteFile(filepath.Join(home, DatabaseFile), make([]byte, 4096), 0o600))
	writeBody(t, home, NewFileID("a", "b"), 32)
	f := open(t, dir)
	r, err := f.Check(t.Context(), testUDID, Options{})
	must(t, err)
	if !r.OK() || !r.Encrypted || r.Files != 1 || r.Bytes != 32 {
		t.Errorf("report %+v", r)
	}
	if err := f.Rows(t.Context(), func(Row) error { return nil }); !errors.Is(err, ErrEncrypted) {
		t.Errorf("rows: %v", err)
	}
	writeBody(t, home, NewFileID("a", "b"), 33)
	must(t, os.Truncate(filepath.Join(home, DatabaseFile), 4095))
	r, err = f.Check(t.Context(), testUDID, Options{})
	must(t, err)
	if r.Counts[WrongSize] != 2 {
		t.Errorf("report %+v", r)
	}
}

func TestCheckOfAnOldFolder(t *testing.T) {
	t.Parallel()
	dir := newWorld(3).build(t)
	home := filepath.Join(dir, testUDID)
	must(t, os.Rename(filepath.Join(home, DatabaseFile), filepath.Join(home, legacyDatabase)))
	r, err := open(t, dir).Check(t.Context(), testUDID, Options{})
	must(t, err)
	if r.Counts[TooOld] != 1 || r.Damage[0].Kind != TooOld {
		t.Errorf("report %+v", r)
	}
}

// When everything is gone the list stays short and the counts are true.
func TestCheckBoundsTheList(t *testing.T) {
	t.Parallel()
	dir := newWorld(200).build(t)
	home := filepath.Join(dir, testUDID)
	for i := range 256 {
		must(t, os.RemoveAll(filepath.Join(home, fmt.Sprintf("%02x", i))))
	}
	r, err := open(t, dir).Check(t.Context(), testUDID, Options{MaxDamage: 7})
	must(t, err)
	if len(r.Damage) != 7 || r.Total() != 200 {
		t.Errorf("%d listed, %d counted", len(r.Damage), r.Total())
	}
}

// Visit sees each regular file once, in the order that SHA256SUMS needs.
func TestCheckVisitsInByteOrder(t *testing.T) {
	t.Parallel()
	dir := newWorld(300).build(t)
	home := filepath.Join(dir, testUDID)
	must(t, os.MkdirAll(filepath.Join(home, "x", "deep"), 0o700))
	for _, n := range []string{"x.y", "x/deep/file", "x/a", "zz"} {
		add(n, "x")(t, home)
	}
	var got []string
	_, err := open(t, dir).Check(t.Context(), testUDID, Options{Visit: func(f File) error {
		got = append(got, f.Path)
		return nil
	}})
	must(t, err)
	var want []string
	must(t, filepath.WalkDir(home, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			r, _ := filepath.Rel(home, p)
			want = append(want, filepath.ToSlash(r))
		}
		return err
	}))
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got): %s", diff)
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("unplugged")
	f := open(t, newWorld(50).build(t))
	_, err := f.Check(ctx, testUDID, Options{Visit: func(File) error { cancel(cause); return nil }})
	if !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := newWorld(0).build(t)
	must(t, os.Symlink(testUDID, filepath.Join(dir, "link")))
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	for _, udid := range []string{"..", ".", "", "../x", "a/b", "link", "file", "absent"} {
		if f, err := Open(dir, udid); err == nil {
			f.Close()
			t.Errorf("opened %q", udid)
		}
	}
}

// The folder looks after every reading as before: SQLite makes nothing in it.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	dir := newWorld(5).build(t)
	before := names(t, dir)
	f := open(t, dir)
	_, err := f.Check(t.Context(), testUDID, Options{})
	must(t, err)
	must(t, f.Rows(t.Context(), func(Row) error { return nil }))
	if diff := cmp.Diff(before, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func names(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			got[p] = fmt.Sprint(info.ModTime(), info.Size())
		}
		return err
	}))
	return got
}
