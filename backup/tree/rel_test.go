package tree

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

const (
	id    = "3d0d7e5fb2ce288813306e4d4636395e047a3d28"
	phone = "00008110-000A1B2C3D4E5F60"
)

func TestParseTakes(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		phone:                                phone,
		phone + "/":                          phone,
		"/" + phone + "/3d/" + id:            phone + "/3d/" + id,
		phone + "/Snapshot/3d/" + id:         phone + "/Snapshot/3d/" + id,
		phone + "/Manifest.db":               phone + "/Manifest.db",
		phone + "//a///b":                    phone + "/a/b",
		"/.b/6/Containers/x":                 ".b/6/Containers/x",
		phone + "/some file (1), v+2=3@x":    phone + "/some file (1), v+2=3@x",
		phone + "-20261122-103140":           phone + "-20261122-103140",
		strings.Repeat("n", MaxComponent):    strings.Repeat("n", MaxComponent),
		"a" + strings.Repeat("/a", 31):       "a" + strings.Repeat("/a", 31),
		phone + "/3d/" + id[:39]:             phone + "/3d/" + id[:39],
		phone + "/Snapshot/Snapshot/3d/x":    phone + "/Snapshot/Snapshot/3d/x",
		".homeport/" + phone + "/versions/1": ".homeport/" + phone + "/versions/1",
	} {
		r, err := Parse(path)
		if err != nil || r.String() != want {
			t.Errorf("%.80q: %q %v", path, r, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for path, hostile := range map[string]bool{
		"": false, "/": false, ".": false, "U/.": false, "U/./x": false,
		"..": true, "../x": true, "U/..": true, "U/../x": true, `U\..\x`: true, `U\x`: true,
		"//server/x": true, `\\server\x`: true, `\\?\C:\x`: true, "C:x": true, `c:\x`: true, "U/a:b": true,
		"U/\x00": true, "U/\x1b": true, "U/\x7f": true, "U/\xff": true, "U/\xc0\xae\xc0\xae/x": true,
		"U/CON": true, "U/con.txt": true, "U/Lpt9": true, "U/COM¹": true, "U/aux .x": true,
		"U/a.": false, "U/a ": false, "U/ a": false, "U/-a": false, "U/a~1": false, "U/é": false, "U/e\u0301": false,
		"U/．．": true, "U/a\u202eb": true, "U/%2e%2e": true,
		"U/" + strings.ToUpper(id): false, "U/3D": false, "U/MANIFEST.DB": false, "U/snapshot": false, "U/info.plist": false,
		"U/Manifest.db-wal": false, "U/.DS_Store": false, "U/._x": false, "U/desktop.ini": false, "U/.hp-part-1": true, "U/.HP-PART-1": true,
		strings.Repeat("n", MaxComponent+1): true, "a" + strings.Repeat("/a", 32): true, strings.Repeat("a/", 600): true,
	} {
		r, err := Parse(path)
		bad, ok := errors.AsType[*PathError](err)
		if !ok || !r.IsRoot() || bad.Hostile != hostile || bad.Reason == "" {
			t.Errorf("%.80q: %q %+v, want hostile %v", path, r, bad, hostile)
		}
		if len(errorOf(err)) > 900 {
			t.Errorf("%.20q: an error of %d bytes", path, len(err.Error()))
		}
	}
}

func errorOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRel(t *testing.T) {
	t.Parallel()
	r := mustParse(t, "U/Snapshot/3d")
	if r.First() != "U" || r.Base() != "3d" || r.Parent().String() != "U/Snapshot" || !mustParse(t, "U").Parent().IsRoot() || !(Rel{}).Parent().IsRoot() {
		t.Errorf("parts of %v", r)
	}
	if j, err := r.Join("x", "y/z"); err != nil || j.String() != "U/Snapshot/3d/x/y/z" {
		t.Errorf("join: %v %v", j, err)
	}
	for _, part := range []string{"..", "../x", "a/../../b", `a\b`, "c:d"} {
		if j, err := r.Join(part); err == nil {
			t.Errorf("join %q gave %q", part, j)
		}
	}
	for x, want := range map[string]bool{"U/Snapshot/3d": true, "U/Snapshot/3d/x": true, "U/Snapshot/3dx": false, "U": false} {
		if r.Contains(mustParse(t, x)) != want {
			t.Errorf("contains %s", x)
		}
	}
	if mustParse(t, "/U/a") != mustParse(t, "U//a/") {
		t.Error("one path, two Rels")
	}
}

// FuzzParse: what Parse takes lies below the top, has one spelling, survives
// another parse, and could not be two files on any system.
func FuzzParse(f *testing.F) {
	for _, s := range []string{phone + "/3d/" + id, "../x", `a\..\b`, "a//b/", "é", "CON", "C:x", "/.b/6"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, err := Parse(path)
		if err != nil {
			return
		}
		s := r.String()
		if again, err := Parse(s); err != nil || again != r {
			t.Errorf("%q: %q, then %q %v", path, s, again, err)
		}
		if !filepath.IsLocal(filepath.FromSlash(s)) || filepath.ToSlash(filepath.Clean(s)) != s || norm.NFD.String(s) != s {
			t.Errorf("%q gave %q", path, s)
		}
	})
}

func TestTwins(t *testing.T) {
	t.Parallel()
	tr := openTemp(t)
	if err := tr.MkdirAll(mustParse(t, "U/Some")); err != nil {
		t.Fatal(err)
	}
	write(t, tr, "U/Some/File", "1")
	write(t, tr, "U/Some/File", "2")
	for _, p := range []string{"U/Some/file", "U/some/File", "U/SOME"} {
		_, err := tr.Create(mustParse(t, p))
		if _, ok := errors.AsType[*PathError](err); !ok {
			t.Errorf("create %s: %v", p, err)
		}
		if err := tr.Mkdir(mustParse(t, p)); err == nil {
			t.Errorf("mkdir %s passed", p)
		}
		if err := tr.Rename(mustParse(t, "U/Some/File"), mustParse(t, p)); err == nil && p != "U/Some/file" {
			t.Errorf("rename to %s passed", p)
		}
	}
	if err := tr.Remove(mustParse(t, "U/Some/File")); err != nil {
		t.Fatal(err)
	}
	write(t, tr, "U/Some/file", "3")
	if left, _ := os.ReadDir(filepath.Join(tr.Dir(), "U/Some")); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}
