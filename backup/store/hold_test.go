package store

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/cause"
)

func TestHold(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	first := backUp(t, s, udidA, numbered(40, "a"))
	h, err := s.Hold(t.Context(), first, "restore")
	must(t, err)
	defer h.Release()
	if h.Source() != udidA {
		t.Errorf("source %q", h.Source())
	}

	// Every file has its sum, and nothing else has one.
	files := 0
	must(t, filepath.WalkDir(filepath.Join(first.Path, udidA), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		must(t, err)
		name, err := filepath.Rel(first.Path, path)
		must(t, err)
		if got, ok := h.Sum(rel(t, filepath.ToSlash(name))); !ok || got != sha256.Sum256(data) {
			t.Errorf("%s: %x, %t", name, got, ok)
		}
		return nil
	}))
	if files < 40 {
		t.Errorf("%d files", files)
	}
	for _, other := range []string{"version.json", "SHA256SUMS", udidA, udidA + "/00", udidA + "/00/0000000000000000000000000000000000000000", "other/Info.plist"} {
		if _, ok := h.Sum(rel(t, other)); ok {
			t.Errorf("%s has a sum", other)
		}
	}

	// Nobody else works on this phone's versions meanwhile.
	if _, err := s.Begin(t.Context(), udidA); !is(err, cause.AlreadyRunning) {
		t.Errorf("begin: %v", err)
	}
	if _, err := s.Prune(t.Context(), udidA, Policy{Last: 1}); !is(err, cause.AlreadyRunning) {
		t.Errorf("prune: %v", err)
	}
	if _, err := s.Hold(t.Context(), first, "restore"); !is(err, cause.AlreadyRunning) {
		t.Errorf("another hold: %v", err)
	}
	must(t, h.Release())
	must(t, h.Release())
	if v, err := s.Find(t.Context(), first.ID); err != nil || v.Pinned {
		t.Errorf("after the release: %+v, %v", v, err)
	}
	backUp(t, s, udidA, numbered(41, "b"))
}

func is(err error, id cause.ID) bool {
	got, _ := cause.Of(err)
	return got == id
}

// TestHoldOutlivesItsProcess: the pin of a hold that was never released keeps the
// version, until a restore of it comes to its end.
func TestHoldOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	first := backUp(t, s, udidA, numbered(5, "a"))
	h, err := s.Hold(t.Context(), first, "restore")
	must(t, err)
	h.phone.close() // what the kernel does for a process that dies
	for _, tag := range []string{"b", "c", "d"} {
		backUp(t, s, udidA, numbered(6, tag))
	}
	decided, err := s.Prune(t.Context(), udidA, Policy{Last: 1})
	must(t, err)
	v, err := s.Find(t.Context(), first.ID)
	if err != nil || !v.Pinned || len(removed(decided)) != 2 {
		t.Fatalf("%+v, %v; removed %v", v, err, decided)
	}
	h, err = s.Hold(t.Context(), v, "restore")
	must(t, err)
	must(t, h.Release())
	if v, err = s.Find(t.Context(), first.ID); err != nil || v.Pinned {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestHoldLeavesAnotherPin: a pin with another reason is there before and after.
func TestHoldLeavesAnotherPin(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(5, "a"))
	p, err := s.openPhone(udidA)
	must(t, err)
	defer p.close()
	must(t, p.changeMark(v.ID, func(m *mark) { m.Pinned, m.Why = true, "asked" }))
	h, err := s.Hold(t.Context(), v, "restore")
	must(t, err)
	must(t, h.Release())
	marks, err := p.readMarks()
	if m := marks.Versions[v.ID]; err != nil || !m.Pinned || m.Why != "asked" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestHoldRefusesABrokenSeal(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(v Version){
		"line added": func(v Version) {
			edit(t, filepath.Join(v.Path, sumsName), func(s string) string { return s + strings.Repeat("0", 64) + "  zzz\n" })
		},
		"bit flipped": func(v Version) {
			edit(t, filepath.Join(v.Path, sumsName), func(s string) string { return flip(s[:1]) + s[1:] })
		},
		"seal missing":   func(v Version) { must(t, os.Remove(filepath.Join(v.Path, sumsName))) },
		"record missing": func(v Version) { must(t, os.Remove(filepath.Join(v.Path, recordName))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, Options{})
			v := backUp(t, s, udidA, numbered(5, "a"))
			spoil(v)
			if h, err := s.Hold(t.Context(), v, "restore"); !is(err, cause.VersionDamaged) {
				t.Errorf("%v, %v", h, err)
			}
			backUp(t, s, udidA, numbered(5, "b")) // the lock is free
		})
	}
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(5, "a"))
	v.ID = "20200101T000000Z-0001"
	if _, err := s.Hold(t.Context(), v, "restore"); !is(err, cause.NoSuchVersion) {
		t.Errorf("no such version: %v", err)
	}
}

func edit(t *testing.T, path string, change func(string) string) {
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(change(string(data))), 0o600))
}

func flip(digit string) string {
	if digit == "0" {
		return "1"
	}
	return "0"
}
