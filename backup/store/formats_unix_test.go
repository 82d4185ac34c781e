//go:build unix

package store

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"homeport/backup/tree/treetest"
	"homeport/cause"
)

// fixtureMade is when the store of testdata/format1 was made, by a Homeport that knew no
// leases, imports or mirrors: two versions, the older one pinned, the newer one
// checked, and a partial of a third.
var fixtureMade = time.Date(2026, 11, 25, 21, 8, 0, 0, time.UTC)

// unpack makes the store of the testdata in a new folder.
func unpack(t *testing.T) string {
	t.Helper()
	dir := fastDir(t)
	data, err := os.ReadFile(filepath.Join("testdata", "format1", "store.tar.gz"))
	must(t, err)
	zr, err := gzip.NewReader(bytes.NewReader(data))
	must(t, err)
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		must(t, err)
		path := filepath.Join(dir, h.Name)
		switch h.Typeflag {
		case tar.TypeDir:
			must(t, os.MkdirAll(path, 0o700))
		case tar.TypeSymlink:
			must(t, os.Symlink(h.Linkname, path))
		case tar.TypeLink:
			must(t, os.Link(filepath.Join(dir, h.Linkname), path))
		default:
			body, err := io.ReadAll(tr)
			must(t, err)
			must(t, os.WriteFile(path, body, 0o600))
			must(t, os.Chtimes(path, h.ModTime, h.ModTime))
		}
	}
}

func dayLater() time.Time { return fixtureMade.Add(24 * time.Hour) }

// A store that an earlier Homeport made is listed, proven, given out and gone on with,
// and its versions stay what they were.
func TestStoreOfAnEarlierHomeport(t *testing.T) {
	t.Parallel()
	dir := unpack(t)
	s, err := Open(dir, Options{Now: dayLater, Host: testHost})
	must(t, err)
	defer s.Close()
	guard := treetest.Guard{}
	guard.LookAll(t, dir)
	old := numbered(4, "a")
	want := []contents{old.with("Media/IMG_0002.JPG", "changed").with("Media/empty.MOV", ""), old}
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(vs) != 2 || !vs[0].Latest || vs[0].Pinned || vs[0].Verified == nil || !vs[1].Pinned {
		t.Fatalf("listed %+v", vs)
	}
	a := after{template: &template{story: story{name: "earlier"}}, dir: dir, point: "as it was", same: true}
	for i, v := range vs {
		a.holds(t, s, v, want[i]) // read from where a restore reads
	}
	got, err := s.Scrub(t.Context(), udidA, 0)
	if err != nil || len(got.Reports) != 2 || !got.Reports[0].OK || !got.Reports[1].OK {
		t.Errorf("scrub: %+v, %v", got, err)
	}
	must(t, s.Recover(t.Context()))
	st := begin(t, s, udidA)
	if st.Info().Resumes != 1 || st.Info().Base != vs[0].ID {
		t.Errorf("the partial is not gone on with: %+v", st.Info())
	}
	later := numbered(4, "later")
	fill(t, st, udidA, later, script{})
	v, err := st.Publish(t.Context(), arrived)
	must(t, err)
	a.holds(t, s, v, later)
	a.linked(t, v)
	guard.LookAll(t, dir)
}

// What a later Homeport made is refused, or left out, with not a byte changed.
func TestStoreOfALaterHomeport(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`("format": |homeport store )1`)
	for name, c := range map[string]struct {
		pattern string
		opens   bool
	}{
		"the store": {"FORMAT", false},
		"a version": {udidA + "/versions/*-0002/version.json", true},
		"a partial": {udidA + "/staging/*/stage.json", true},
		"the marks": {udidA + "/marks.json", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := unpack(t)
			found, err := filepath.Glob(filepath.Join(dir, homeName, filepath.FromSlash(c.pattern)))
			if err != nil || len(found) != 1 {
				t.Fatalf("%v, %v", found, err)
			}
			rewrite(t, found[0], func(b []byte) []byte {
				if !number.Match(b) {
					t.Fatalf("no number in %s", b)
				}
				return number.ReplaceAll(b, []byte("${1}2"))
			})
			was, err := treetest.Prints(dir)
			must(t, err)
			s, err := Open(dir, Options{Now: dayLater, Host: testHost})
			if (err == nil) != c.opens || err != nil && !is(err, cause.StoreTooNew) {
				t.Fatalf("opened: %v", err)
			}
			if c.opens {
				defer s.Close()
				laterPart(t, s, name)
			}
			now, err := treetest.Prints(dir)
			must(t, err)
			for _, prints := range []map[string]string{was, now} { // a link that is renewed is the same link
				maps.DeleteFunc(prints, func(k, _ string) bool { return k == "/"+udidA })
				maps.DeleteFunc(prints, func(k, _ string) bool { return strings.HasSuffix(k, "/lock") || strings.HasSuffix(k, "marks.lock") })
			}
			if !maps.Equal(was, now) {
				t.Errorf("changed: was %v, is %v", was, now)
			}
		})
	}
}

// laterPart does what an agent does at its start, with a store of which a part is later.
func laterPart(t *testing.T, s *Store, part string) {
	t.Helper()
	err := s.Recover(t.Context())
	vs, lerr := s.Versions(t.Context(), udidA)
	switch part {
	case "a version":
		if err != nil || lerr != nil || len(vs) != 2 || vs[0].Sound() || vs[0].Latest || !vs[1].Latest {
			t.Errorf("listed %+v, %v, %v", vs, err, lerr)
		}
	case "a partial":
		if err != nil || len(vs) != 2 || !vs[0].Sound() {
			t.Errorf("listed %+v, %v, %v", vs, err, lerr)
		}
	case "the marks":
		if lerr == nil && !is(err, cause.StoreTooNew) || lerr != nil && !is(lerr, cause.StoreTooNew) {
			t.Errorf("told %v, %v", err, lerr)
		}
		if err := s.Pin(Version{ID: "20261125T210753Z-0002", UDID: udidA}, "asked"); !is(err, cause.StoreTooNew) {
			t.Errorf("pinned: %v", err)
		}
	}
}
