package mobilesync

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"homeport/usbmux/plist"
)

// readAll reads the contents of the row with this path.
func readAll(t testing.TB, f *Folder, path string) ([]byte, error) {
	t.Helper()
	var row *Row
	must(t, f.Rows(t.Context(), func(r Row) error {
		if r.RelativePath == path {
			row = &r
		}
		return nil
	}))
	if row == nil {
		t.Fatalf("no row %s", path)
	}
	body, err := f.Contents(*row)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// TestContentsDamaged finds each kind of damage in an encrypted body and a plain
// one, by reading it and by the check of all.
func TestContentsDamaged(t *testing.T) {
	t.Parallel()
	const path, size = "Media/x", 100_003
	flip := func(at int64) func(*testing.T, string) {
		return func(t *testing.T, body string) {
			data, err := os.ReadFile(body)
			must(t, err)
			if at < 0 {
				at += int64(len(data))
			}
			data[at] ^= 1
			must(t, os.WriteFile(body, data, 0o600))
		}
	}
	cut := func(n int64) func(*testing.T, string) {
		return func(t *testing.T, body string) {
			info, err := os.Stat(body)
			must(t, err)
			must(t, os.Truncate(body, info.Size()-n))
		}
	}
	empty := func(t *testing.T, body string) { must(t, os.Truncate(body, 0)) }
	key := func(change func([]byte) []byte) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			r := &w.rows[len(w.rows)-1]
			field, _ := wrapped(t, 2, r.domain+r.path)
			r.blob = mbfileWith(t, r.path, r.size, map[string]any{"EncryptionKey": change(field)})
		}
	}
	resize := func(n int64) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			r := &w.rows[len(w.rows)-1]
			field, _ := wrapped(t, 2, r.domain+r.path)
			r.blob = mbfileWith(t, r.path, n, map[string]any{"EncryptionKey": field})
		}
	}
	for name, c := range map[string]struct {
		plain bool
		spoil func(*testing.T, *world)
		after func(*testing.T, string)
		want  Kind
	}{
		"last byte flipped":      {after: flip(-1), want: Undecryptable},
		"block before flipped":   {after: flip(-17), want: Undecryptable},
		"one byte short":         {after: cut(1), want: WrongSize},
		"one block short":        {after: cut(16), want: WrongSize},
		"empty":                  {after: empty, want: Empty},
		"missing":                {after: func(t *testing.T, b string) { must(t, os.Remove(b)) }, want: Missing},
		"plain, short":           {plain: true, after: cut(1), want: WrongSize},
		"plain, empty":           {plain: true, after: empty, want: Empty},
		"size too small":         {spoil: resize(size - 1), want: Undecryptable},
		"size another block":     {spoil: resize(size + 16), want: WrongSize},
		"size beyond everything": {spoil: resize(1<<63 - 1), want: WrongSize},
		"key of an absent class": {spoil: key(func(k []byte) []byte { k[0] = 31; return k }), want: Undecryptable},
		"key of no class":        {spoil: key(func(k []byte) []byte { k[3] = 255; return k }), want: Undecryptable},
		"key of another class":   {spoil: key(func(k []byte) []byte { k[0] = 4; return k }), want: Undecryptable},
		"key damaged":            {spoil: key(func(k []byte) []byte { k[20] ^= 1; return k }), want: Undecryptable},
		"key cut":                {spoil: key(func(k []byte) []byte { return k[:43] }), want: Undecryptable},
		"key of another file":    {spoil: key(func(k []byte) []byte { return k }), after: flip(-1), want: Undecryptable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(5)
			if !c.plain {
				w.crypt = newCrypt("p")
			}
			w.rows = append(w.rows, rowSpec{domain: "HomeDomain", path: path, flags: FlagFile, size: size})
			w.spoil = c.spoil
			dir := w.build(t)
			if c.after != nil {
				c.after(t, filepath.Join(dir, testUDID, filepath.FromSlash(NewFileID("HomeDomain", path).Body())))
			}
			f := open(t, dir)
			unlock(t, f, "p")
			_, err := readAll(t, f, path)
			fe, ok := errors.AsType[*FileError](err)
			if !ok || fe.Kind != c.want {
				t.Errorf("read: %v, want %s", err, c.want)
			}
			r, err := f.CheckContents(t.Context(), 0, nil)
			must(t, err)
			if c.want == Missing {
				if !r.OK() {
					t.Errorf("a missing body is Check's to report: %+v", r)
				}
				return
			}
			if r.Total() != 1 || len(r.Damage) != 1 || r.Damage[0].Kind != c.want || r.Damage[0].RelativePath != path || r.Files != 5 {
				t.Errorf("report %+v, want one %s", r, c.want)
			}
		})
	}
}

// TestContentsOfEmptyFile takes both forms that an empty file has.
func TestContentsOfEmptyFile(t *testing.T) {
	t.Parallel()
	w := newWorld(0)
	w.crypt = newCrypt("p")
	w.rows = append(w.rows, rowSpec{domain: "HomeDomain", path: "e", flags: FlagFile})
	dir := w.build(t)
	f := open(t, dir)
	unlock(t, f, "p")
	for range 2 {
		if data, err := readAll(t, f, "e"); err != nil || len(data) != 0 {
			t.Errorf("%q, %v", data, err)
		}
		if r, err := f.Check(t.Context(), testUDID, Options{}); err != nil || !r.OK() {
			t.Errorf("%+v, %v", r, err)
		}
		must(t, os.Truncate(filepath.Join(dir, testUDID, filepath.FromSlash(NewFileID("HomeDomain", "e").Body())), 0))
	}
}

// TestContentsNotRegular follows no link and waits for no pipe.
func TestContentsNotRegular(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a right on Windows")
	}
	w := newWorld(0)
	w.rows = append(w.rows, rowSpec{domain: "HomeDomain", path: "x", flags: FlagFile, size: 5})
	dir := w.build(t)
	body := filepath.Join(dir, testUDID, filepath.FromSlash(NewFileID("HomeDomain", "x").Body()))
	outside := filepath.Join(t.TempDir(), "canary")
	must(t, os.WriteFile(outside, []byte("12345"), 0o600))
	must(t, os.Remove(body))
	must(t, os.Symlink(outside, body))
	_, err := readAll(t, open(t, dir), "x")
	if fe, ok := errors.AsType[*FileError](err); !ok || fe.Kind != NotRegular {
		t.Errorf("error %v", err)
	}
}

func TestDecodeMBFileKeyAndTarget(t *testing.T) {
	t.Parallel()
	key, _ := wrapped(t, 3, "x")
	for name, more := range map[string]map[string]any{
		"mutable":   {"EncryptionKey": map[string]any{"NS.data": key}, "Target": "a/b"},
		"immutable": {"EncryptionKey": key, "Target": "ä/ß/ü"},
	} {
		m, err := DecodeMBFile(mbfileWith(t, "l", 3, more))
		if err != nil || string(m.EncryptionKey) != string(key) || m.Target != more["Target"] || m.Birth != 1600000000 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	for name, object := range map[string]any{
		"a string":      "key",
		"no NS.data":    map[string]any{"x": key},
		"NS.data a UID": map[string]any{"NS.data": plist.UID(1)},
		"itself":        map[string]any{"NS.data": map[string]any{"NS.data": key}},
	} {
		if m, err := DecodeMBFile(mbfileWith(t, "l", 3, map[string]any{"EncryptionKey": object})); !errors.Is(err, ErrMBFile) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}
