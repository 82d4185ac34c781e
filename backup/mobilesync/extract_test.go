package mobilesync

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/backup/tree"
	"homeport/usbmux/plist"
)

// extractTo runs an extraction into dir.
func extractTo(t testing.TB, f *Folder, dir string, o ExtractOptions) ExtractReport {
	t.Helper()
	to, err := tree.OS{}.OpenDir(dir)
	must(t, err)
	defer to.Close()
	r, err := f.Extract(context.Background(), to, o)
	must(t, err)
	return r
}

// found lists the regular files below dir, by slash path.
func found(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = data
		return err
	}))
	return files
}

// TestExtract brings every file of an encrypted backup back, with its date, and
// the second time finds that nothing is left to do.
func TestExtract(t *testing.T) {
	t.Parallel()
	w, f := encrypted(t, 300)
	unlock(t, f, "pässword")
	dir := t.TempDir()
	var last ExtractProgress
	r := extractTo(t, f, dir, ExtractOptions{Progress: func(p ExtractProgress) { last = p }})
	if r.Files != 300 || r.DamageCount+r.RenamedCount+r.Already != 0 || r.LeftCount != 1 || r.Folders != 2 {
		t.Errorf("report %+v", r)
	}
	if last.Files != 300 || last.AllFiles != 300 || last.Bytes != last.AllBytes || last.Bytes != r.Bytes {
		t.Errorf("progress %+v", last)
	}
	got := found(t, dir)
	for _, row := range w.rows {
		if row.flags != FlagFile {
			continue
		}
		name := row.domain + "/" + row.path
		if !bytes.Equal(got[name], contentsOf(NewFileID(row.domain, row.path), row.size)) {
			t.Errorf("%s: other contents", name)
		}
		delete(got, name)
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil || info.ModTime().Unix() != 1700000000 {
			t.Errorf("%s: date %v, %v", name, info.ModTime(), err)
		}
	}
	if len(got) > 0 {
		t.Errorf("besides: %v", slices.Collect(maps.Keys(got)))
	}
	if info, err := os.Stat(filepath.Join(dir, "HomeDomain", "Library")); err != nil || !info.IsDir() {
		t.Errorf("the folder: %v", err)
	}
	r = extractTo(t, f, dir, ExtractOptions{})
	if r.Files != 0 || r.Already != 300 {
		t.Errorf("again: %+v", r)
	}
}

// TestExtractConflicts overwrites nothing that is another file, unless it is told
// to, and does not take the same file twice.
func TestExtractConflicts(t *testing.T) {
	t.Parallel()
	w := newWorld(0)
	for _, name := range []string{"dated", "same", "edited", "longer", "folder", "fresh"} {
		w.rows = append(w.rows, rowSpec{domain: "HomeDomain", path: name + ".txt", flags: FlagFile, size: 40})
	}
	f := open(t, w.build(t))
	dir := t.TempDir()
	home := filepath.Join(dir, "HomeDomain")
	must(t, os.Mkdir(home, 0o700))
	put := func(name string, data []byte, date int64) {
		must(t, os.WriteFile(filepath.Join(home, name), data, 0o600))
		must(t, os.Chtimes(filepath.Join(home, name), time.Unix(date, 0), time.Unix(date, 0)))
	}
	is := func(name string) []byte { return contentsOf(NewFileID("HomeDomain", name), 40) }
	put("dated.txt", is("dated.txt"), 1700000001)
	put("same.txt", is("same.txt"), 1)
	put("edited.txt", bytes.Repeat([]byte("e"), 40), 1)
	put("longer.txt", bytes.Repeat([]byte("l"), 41), 1700000000)
	must(t, os.Mkdir(filepath.Join(home, "folder.txt"), 0o700))
	r := extractTo(t, f, dir, ExtractOptions{Tag: "V1"})
	if r.Files != 4 || r.Already != 2 || r.RenamedCount != 3 {
		t.Errorf("report %+v", r)
	}
	want := map[string][]byte{
		"dated.txt": is("dated.txt"), "same.txt": is("same.txt"), "fresh.txt": is("fresh.txt"),
		"edited.txt": bytes.Repeat([]byte("e"), 40), "edited (V1).txt": is("edited.txt"),
		"longer.txt": bytes.Repeat([]byte("l"), 41), "longer (V1).txt": is("longer.txt"),
		"folder (V1).txt": is("folder.txt"),
	}
	if got := found(t, home); !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("files %v", slices.Sorted(maps.Keys(got)))
	}
	if r = extractTo(t, f, dir, ExtractOptions{Tag: "V1"}); r.Files != 0 || r.Already != 6 {
		t.Errorf("again: %+v", r)
	}
	put("edited (V1).txt", []byte("mine now"), 1)
	if r = extractTo(t, f, dir, ExtractOptions{Tag: "V1"}); r.Files != 1 || r.Renamed[0].Path != "HomeDomain/edited (V1 2).txt" {
		t.Errorf("the tagged name is taken too: %+v", r)
	}
	r = extractTo(t, f, dir, ExtractOptions{Tag: "V1", Overwrite: true})
	if r.Files != 2 || r.Already != 4 || r.RenamedCount != 0 {
		t.Errorf("overwriting: %+v", r)
	}
	if got := found(t, home); !bytes.Equal(got["edited.txt"], is("edited.txt")) {
		t.Error("not overwritten")
	}
}

// TestExtractHostile takes a manifest that tries everything, and a canary outside
// that nothing may touch.
func TestExtractHostile(t *testing.T) {
	t.Parallel()
	w := newWorld(0)
	add := func(domain, path string) {
		w.rows = append(w.rows, rowSpec{domain: domain, path: path, flags: FlagFile, size: 20})
	}
	refused := []string{
		"../canary", "../../canary", "a/../../canary", "/canary", "//host/share/x", "a//b", "a/", ".", "..", "./x", "a/./b", "a/..",
		"nul\x00byte", "\x00", strings.Repeat("d/", 70) + "x", strings.Repeat("x", 5000),
	}
	for _, p := range refused {
		add("HomeDomain", p)
	}
	refusedDomains := []string{"..", ".", "", "../canary", "a/b", "/", "\x00"}
	for _, d := range refusedDomains {
		add(d, "canary")
	}
	mapped := map[string]string{
		`..\canary`:              "..%5Ccanary",
		`C:\canary`:              "C%3A%5Ccanary",
		"a:b":                    "a%3Ab",
		"trailing.":              "trailing%2E",
		"trailing ":              "trailing%20",
		"con":                    "con_",
		"LPT1.txt":               "LPT1_.txt",
		"new\nline":              "new%0Aline",
		"bell\a":                 "bell%07",
		"rtl\u202egpj.exe":       "rtl%E2%80%AEgpj.exe",
		"zero\u200bwidth":        "zero%E2%80%8Bwidth",
		"bad\xffutf8":            "bad%FFutf8",
		".hp-part-00000000-1":    "_.hp-part-00000000-1",
		"desktop.ini":            "desktop_.ini",
		"...":                    "..%2E",
		strings.Repeat("n", 300): strings.Repeat("n", 231) + "~" + shortHash(strings.Repeat("n", 300)),
		strings.Repeat("é", 200): strings.Repeat("é", 115) + "~" + shortHash(strings.Repeat("é", 200)),
		"écrit 日本語 👩‍👩‍👧.txt": "écrit 日本語 👩‍👩‍👧.txt",
		"-rf":        "-rf",
		"100% ~.txt": "100% ~.txt",
	}
	for p := range mapped {
		add("HomeDomain", p)
	}
	twins := []string{"Twin.txt", "twin.TXT", "TWIN.txt", "é.txt", "e\u0301.txt", "Straße", "sub/File", "SUB/file", "sub", "ﬁ", "fi", "both", "both/below", "deep/er", "deep"}
	for _, p := range twins {
		add("TwinDomain", p)
	}
	for i, flags := range []int{FlagLink, 0, 3, 7, 5} {
		w.rows = append(w.rows, rowSpec{domain: "OddDomain", path: string(rune('a' + i)), flags: flags,
			blob: mbfileWith(t, "l", 3, map[string]any{"Target": "../../canary"})})
	}
	w.rows = append(w.rows,
		rowSpec{domain: "OddDomain", path: "cyclic", flags: FlagFile, size: 1, blob: cyclicBlob(t)},
		rowSpec{domain: "OddDomain", path: "huge", flags: FlagFile, blob: mbfileBlob(t, "huge", 1<<62)},
		rowSpec{domain: "OddDomain", path: "garbage", flags: FlagFile, blob: []byte("bplist00 garbage")},
	)
	w.schema = append(w.schema,
		`CREATE TABLE Fired (n)`, `CREATE TRIGGER t AFTER INSERT ON Files BEGIN INSERT INTO Fired VALUES (1); END`)
	f := open(t, w.build(t))

	outside := t.TempDir()
	dir := filepath.Join(outside, "in", "to")
	must(t, os.MkdirAll(dir, 0o700))
	for _, name := range []string{"canary", "in/canary"} {
		must(t, os.WriteFile(filepath.Join(outside, name), []byte("alive"), 0o600))
	}
	r := extractTo(t, f, dir, ExtractOptions{Tag: "V"})
	if want := len(refused) + len(refusedDomains) + 6; r.LeftCount != want {
		t.Errorf("%d rows left out, want %d: %+v", r.LeftCount, want, r.Left)
	}
	if r.DamageCount != 3 || r.Files != len(mapped)+len(twins) {
		t.Errorf("%d damaged, %d written: %+v", r.DamageCount, r.Files, r.Damage)
	}
	got := found(t, outside)
	for name := range got {
		if !strings.HasPrefix(name, "in/to/") && name != "canary" && name != "in/canary" {
			t.Errorf("outside: %q", name)
		}
	}
	if string(got["canary"]) != "alive" || string(got["in/canary"]) != "alive" {
		t.Error("the canary is hurt")
	}
	for p, name := range mapped {
		if data := got["in/to/HomeDomain/"+name]; !bytes.Equal(data, contentsOf(NewFileID("HomeDomain", p), 20)) {
			t.Errorf("%q is not at %q", p, name)
		}
	}
	folded := map[string]bool{}
	for name := range got {
		if folded[fold(name)] {
			t.Errorf("a twin: %q", name)
		}
		folded[fold(name)] = true
	}
	again := extractTo(t, f, dir, ExtractOptions{Tag: "V"})
	if again.Files != 0 || again.Already != r.Files {
		t.Errorf("again: %+v", again)
	}
}

// cyclicBlob is an archive whose objects lead to themselves.
func cyclicBlob(t testing.TB) []byte {
	t.Helper()
	const itself = 4 // the place of the object in the archive
	return mbfileWith(t, "x", 1, map[string]any{"EncryptionKey": map[string]any{"NS.data": plist.UID(itself), "again": []any{plist.UID(itself)}}})
}

// TestExtractFollowsNoLink finds links in the folder that it writes to.
func TestExtractFollowsNoLink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a right on Windows")
	}
	w := newWorld(0)
	w.rows = append(w.rows,
		rowSpec{domain: "HomeDomain", path: "linked", flags: FlagFile, size: 20},
		rowSpec{domain: "HomeDomain", path: "dangling", flags: FlagFile, size: 20})
	f := open(t, w.build(t))
	outside, dir := t.TempDir(), t.TempDir()
	canary := filepath.Join(outside, "canary")
	must(t, os.WriteFile(canary, []byte("alive"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "HomeDomain"), 0o700))
	must(t, os.Symlink(canary, filepath.Join(dir, "HomeDomain", "linked")))
	must(t, os.Symlink(filepath.Join(outside, "new"), filepath.Join(dir, "HomeDomain", "dangling")))
	r := extractTo(t, f, dir, ExtractOptions{Tag: "V", Overwrite: true})
	if r.Files != 2 || r.RenamedCount != 2 {
		t.Errorf("report %+v", r)
	}
	// A folder that is a link: nothing is written through it.
	must(t, os.RemoveAll(filepath.Join(dir, "HomeDomain")))
	must(t, os.Symlink(outside, filepath.Join(dir, "HomeDomain")))
	to, err := tree.OS{}.OpenDir(dir)
	must(t, err)
	defer to.Close()
	_, err = f.Extract(t.Context(), to, ExtractOptions{})
	if _, ok := errors.AsType[*WriteError](err); !ok {
		t.Errorf("through a link: %v", err)
	}
	if got := found(t, outside); len(got) != 1 || string(got["canary"]) != "alive" {
		t.Errorf("outside: %v", slices.Collect(maps.Keys(got)))
	}
}

// TestExtractDamaged leaves nothing of a damaged body, and brings the others.
func TestExtractDamaged(t *testing.T) {
	t.Parallel()
	w, f := encrypted(t, 20)
	unlock(t, f, "pässword")
	bad := w.rows[len(w.rows)-1]
	body := filepath.Join(f.Path(), filepath.FromSlash(NewFileID(bad.domain, bad.path).Body()))
	data, err := os.ReadFile(body)
	must(t, err)
	data[len(data)-1] ^= 0x55
	must(t, os.WriteFile(body, data, 0o600))
	dir := t.TempDir()
	r := extractTo(t, f, dir, ExtractOptions{})
	if r.Files != 19 || r.DamageCount != 1 || r.Damage[0].RelativePath != bad.path || r.Damage[0].Kind != Undecryptable {
		t.Errorf("report %+v", r)
	}
	if got := found(t, dir); len(got) != 19 {
		t.Errorf("%d files", len(got))
	}
}

// TestExtractSalvages takes what there is of damaged bodies, under names that say
// so, and takes it once.
func TestExtractSalvages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(data []byte) []byte
		want  int // bytes of the contents that come out; -1: nothing
		clean int // of those, how many are right
	}{
		"no padding":  {func(d []byte) []byte { d[len(d)-1] ^= 0x55; return d }, 1000, 992},
		"cut":         {func(d []byte) []byte { return d[:500] }, 496, 496},
		"too long":    {func(d []byte) []byte { return append(d, make([]byte, 32)...) }, 1000, 1000},
		"not a block": {func(d []byte) []byte { return d[:5] }, 0, 0},
		"gone":        {nil, -1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(3)
			w.crypt = newCrypt("p")
			w.rows = append(w.rows, rowSpec{domain: "HomeDomain", path: "bad.txt", flags: FlagFile, size: 1000})
			f := open(t, w.build(t))
			unlock(t, f, "p")
			id := NewFileID("HomeDomain", "bad.txt")
			body := filepath.Join(f.Path(), filepath.FromSlash(id.Body()))
			data, err := os.ReadFile(body)
			must(t, err)
			must(t, os.Remove(body))
			if c.spoil != nil {
				must(t, os.WriteFile(body, c.spoil(data), 0o600))
			}
			dir := t.TempDir()
			files := 4
			if c.want < 0 {
				files = 3
			}
			for run := range 2 {
				r := extractTo(t, f, dir, ExtractOptions{Damaged: true})
				if r.DamageCount != 1 || r.Files+r.Already != files || run == 1 && r.Files != 0 {
					t.Errorf("run %d: %+v", run, r)
				}
			}
			got, there := found(t, dir)["HomeDomain/bad (damaged).txt"]
			if there != (c.want >= 0) || there && len(got) != c.want || !bytes.Equal(got[:c.clean], contentsOf(id, 1000)[:c.clean]) {
				t.Errorf("%d bytes came out, %v", len(got), there)
			}
		})
	}
}

// TestExtractInterrupted stops in the middle, and finds the disk full at every
// operation in turn: whatever has its name is whole, and the next run does the rest.
func TestExtractInterrupted(t *testing.T) {
	t.Parallel()
	w, f := encrypted(t, 6)
	unlock(t, f, "pässword")
	want := map[string][]byte{}
	for _, r := range w.rows {
		if r.flags == FlagFile {
			want[r.domain+"/"+r.path] = contentsOf(NewFileID(r.domain, r.path), r.size)
		}
	}
	check := func(what string, dir string) {
		t.Helper()
		for name, data := range found(t, dir) {
			if !tree.IsTemp(filepath.Base(name)) && !bytes.Equal(data, want[name]) {
				t.Errorf("%s: %s has %d bytes", what, name, len(data))
			}
		}
		extractTo(t, f, dir, ExtractOptions{})
		for name, data := range want {
			if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: afterwards %s: %v", what, name, err)
			}
		}
	}
	for n := 1; ; n++ {
		dir := t.TempDir()
		faults := tree.NewFaults(tree.OS{})
		faults.FailFrom(n, syscall.ENOSPC)
		to, err := faults.OpenDir(dir)
		if err == nil {
			_, err = f.Extract(t.Context(), to, ExtractOptions{})
			must(t, to.Close())
		}
		if faults.Fired() == 0 {
			break
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("operation %d: %v", n, err)
		}
		if n%5 == 0 {
			check("a full disk", dir)
		}
	}
	dir := t.TempDir()
	to, err := tree.OS{}.OpenDir(dir)
	must(t, err)
	defer to.Close()
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err = f.Extract(ctx, to, ExtractOptions{Progress: func(p ExtractProgress) {
		if p.Files == 3 {
			cancel(stop)
		}
	}})
	if !errors.Is(err, stop) {
		t.Errorf("interrupted: %v", err)
	}
	for name := range found(t, dir) {
		if tree.IsTemp(filepath.Base(name)) {
			t.Errorf("left behind: %s", name)
		}
	}
	check("an interruption", dir)
}

func TestTempNamesAreKnown(t *testing.T) {
	t.Parallel()
	if !tree.IsTemp(tempPrefix + "x") {
		t.Errorf("%s is no name of an unfinished file", tempPrefix)
	}
}
