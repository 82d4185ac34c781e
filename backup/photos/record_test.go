package photos

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"homeport/cause"
)

func sampleRecord() *record {
	r := newRecord()
	r.add(entry{item{path: "/DCIM/100APPLE/IMG_0001.HEIC", size: 5, mod: noon + 1}, sha("a"), "2026/2026-11/IMG_0001.HEIC"})
	r.add(entry{item{path: "/DCIM/100APPLE/Zoë \"<&>.JPG", size: 0}, sha("b"), "undated/Zo_.JPG"})
	r.add(entry{item{path: "/DCIM/100APPLE/IMG_0001.HEIC", size: 6, mod: noon}, sha("c"), "2026/2026-11/IMG_0001-2.HEIC"})
	return r
}

func TestRecordAsItIsWritten(t *testing.T) {
	t.Parallel()
	var out, sums bytes.Buffer
	want := sampleRecord()
	if err := want.write(&out, udid); err != nil {
		t.Fatal(err)
	}
	if err := want.writeSums(&sums); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if lines[0] != `{"format":"homeport photos","version":1,"udid":"`+udid+`"}` ||
		!strings.HasPrefix(lines[1], `{"path":"/DCIM/100APPLE/IMG_0001.HEIC","size":5,"modified":"2026-11-25T12:00:00.000000001Z","sha256":"ca97`) {
		t.Errorf("%s", out.String())
	}
	if got := strings.Count(sums.String(), "\n"); got != 3 || !strings.HasSuffix(sums.String(), "  undated/Zo_.JPG\n") {
		t.Errorf("%s", sums.String())
	}
	got, err := readRecord(&out, strings.ToLower(udid))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if e := got.of("/DCIM/100APPLE/IMG_0001.HEIC"); e == nil || e.size != 6 {
		t.Errorf("the last one counts: %+v", e)
	}
}

func TestHostileRecord(t *testing.T) {
	t.Parallel()
	const top = `{"format":"homeport photos","version":1,"udid":"` + udid + `"}` + "\n"
	sum := `"sha256":"` + strings.Repeat("0a", 32) + `"`
	good := `{"path":"/DCIM/a.JPG","size":1,` + sum + `,"name":"2026/2026-11/a.JPG"}` + "\n"
	for name, bad := range map[string]string{
		"outside":          `{"path":"/DCIM/a","size":1,` + sum + `,"name":"../a.JPG"}`,
		"absolute":         `{"path":"/DCIM/a","size":1,` + sum + `,"name":"/etc/passwd"}`,
		"no folder":        `{"path":"/DCIM/a","size":1,` + sum + `,"name":"a.JPG"}`,
		"into our own":     `{"path":"/DCIM/a","size":1,` + sum + `,"name":".homeport-photos/lock"}`,
		"backslash":        `{"path":"/DCIM/a","size":1,` + sum + `,"name":"2026\\..\\a.JPG"}`,
		"double slash":     `{"path":"/DCIM/a","size":1,` + sum + `,"name":"2026//a.JPG"}`,
		"size below zero":  `{"path":"/DCIM/a","size":-1,` + sum + `,"name":"2026/2026-11/a.JPG"}`,
		"size too large":   `{"path":"/DCIM/a","size":9223372036854775808,` + sum + `,"name":"2026/2026-11/a.JPG"}`,
		"short sum":        `{"path":"/DCIM/a","size":1,"sha256":"00","name":"2026/2026-11/a.JPG"}`,
		"long sum":         `{"path":"/DCIM/a","size":1,"sha256":"` + strings.Repeat("00", 33) + `","name":"2026/2026-11/a.JPG"}`,
		"no hex":           `{"path":"/DCIM/a","size":1,"sha256":"` + strings.Repeat("zz", 32) + `","name":"2026/2026-11/a.JPG"}`,
		"relative path":    `{"path":"a","size":1,` + sum + `,"name":"2026/2026-11/a.JPG"}`,
		"control":          `{"path":"/a\u001b[2J","size":1,` + sum + `,"name":"2026/2026-11/a.JPG"}`,
		"date":             `{"path":"/DCIM/a","size":1,"modified":"yesterday",` + sum + `,"name":"2026/2026-11/a.JPG"}`,
		"date of the year": `{"path":"/DCIM/a","size":1,"modified":"9999-01-01T00:00:00Z",` + sum + `,"name":"2026/2026-11/a.JPG"}`,
		"no JSON":          `hello`,
		"half a line":      good[:40],
		"another type":     `[1,2,3]`,
		"nested":           strings.Repeat("[", 8000),
	} {
		r, err := readRecord(strings.NewReader(top+good+bad+"\n"+good), udid)
		if err != nil || len(r.entries) != 2 || r.bad != 1 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	r, err := readRecord(strings.NewReader(top+good+strings.Repeat("x", maxLine+1)), udid)
	if err != nil || len(r.entries) != 1 || r.bad != 1 {
		t.Errorf("a line without end: %+v, %v", r, err)
	}
	for name, text := range map[string]string{
		"empty": "", "other": "#!/bin/sh\n", "another phone's": strings.Replace(top, udid, "00008110-000000000000801E", 1), "endless": strings.Repeat("x", maxLine+1),
	} {
		if r, err := readRecord(strings.NewReader(text), udid); err != errForeignRecord {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if _, err := readRecord(strings.NewReader(strings.Replace(top, `"version":1`, `"version":2`, 1)), udid); !is(err, cause.StoreTooNew) {
		t.Errorf("newer: %v", err)
	}
}

// A record that is not one is kept under another name.
func TestRecordSetAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	home := filepath.Join(dir, homeName)
	for n := 1; n <= 2; n++ {
		if err := os.MkdirAll(home, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, udid+".jsonl"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Open(Job{UDID: udid, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if c.result.BadLines != 1 {
			t.Errorf("nobody learns of it")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{udid + ".unreadable-1.jsonl", udid + ".unreadable-2.jsonl"} {
		if got, err := os.ReadFile(filepath.Join(home, name)); err != nil || string(got) != "mine" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// FuzzRecord wants every record that is read to be written and read the same, and
// no name in it outside the folder.
func FuzzRecord(f *testing.F) {
	var out bytes.Buffer
	if err := sampleRecord().write(&out, udid); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte(`{"format":"homeport photos","version":1,"udid":"` + udid + "\"}\n{\"path\":\"/a\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readRecord(bytes.NewReader(data), udid)
		if err != nil {
			return
		}
		for _, e := range r.entries {
			if !filepath.IsLocal(e.name) {
				t.Errorf("name %q", e.name)
			}
		}
		var out bytes.Buffer
		if err := r.write(&out, udid); err != nil {
			t.Fatal(err)
		}
		again, err := readRecord(&out, udid)
		if err != nil || !reflect.DeepEqual(again.entries, r.entries) || again.bad != 0 {
			t.Errorf("%v: %+v, then %+v", err, r.entries, again.entries)
		}
	})
}
