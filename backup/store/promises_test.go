package store

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/backup/mobilesync"
	"homeport/backup/tree/treetest"
)

// after is a store that a story left behind, and what must hold for it.
type after struct {
	*template
	dir   string
	was   map[string]string // of the versions, before
	point string            // for people
	same  bool              // the inodes can be compared: no disk was rebuilt
	boot  string            // of the system that looks at it; "" for the same as before
	done  bool              // the story ended well
	next  contents          // of the run that comes next
	bare  bool              // the disk has no links and no inodes that last: exFAT
}

// check opens the store as the next start of the agent does, recovers, and holds
// every promise against it. It reports whether all are kept.
func (a after) check(t *testing.T) bool {
	t.Helper()
	kept := false
	a.patiently(t, func(t *testing.T) { kept = a.hold(t) })
	return kept
}

func (a after) hold(t *testing.T) bool {
	t.Helper()
	broken := t.Failed()
	s, err := Open(a.dir, a.with(Options{boot: a.boot, Host: testHost}))
	if err != nil {
		t.Errorf("%s: %s: open: %v", a.name, a.point, err)
		return false
	}
	defer s.Close()
	if err := s.Recover(t.Context()); err != nil {
		t.Errorf("%s: %s: recover: %v", a.name, a.point, err)
		return false
	}
	a.unchanged(t, "after recovery")
	a.mend(t, s)
	guard := &treetest.Guard{NoInodes: a.bare}
	guard.LookAll(t, a.dir)
	a.listed(t, s)
	if !a.foreign { // recovery leaves another computer's stage alone
		a.tidy(t, s, a.partial)
	}
	a.nextRun(t, s)
	a.unchanged(t, "after the next run")
	guard.LookAll(t, a.dir)
	return broken == t.Failed()
}

// mend heals what the story was about, and takes down anew what that has changed.
func (a after) mend(t *testing.T, s *Store) {
	t.Helper()
	if a.heal == nil {
		return
	}
	a.heal(t, a, s)
	if err := s.Recover(t.Context()); err != nil { // the newest sound one may be another now
		a.errorf(t, "recover again: %v", err)
	}
	if a.mended == "" {
		return
	}
	of := func(k, _ string) bool { return strings.HasPrefix(k, string(a.mended)+"/") }
	maps.DeleteFunc(a.was, of)
	now := a.versions(t, a.dir, a.same)
	maps.DeleteFunc(now, func(k, v string) bool { return !of(k, v) })
	maps.Copy(a.was, now)
	a.was[healed] = ""
}

// healed is in what the versions were when a mended one must not change any more.
const healed = "healed"

func (a after) errorf(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Errorf("%s: %s: "+format, append([]any{a.name, a.point}, args...)...)
}

// unchanged wants the versions that were there to be what they were. Those that
// may go are whole or gone.
func (a after) unchanged(t *testing.T, when string) {
	t.Helper()
	now := a.versions(t, a.dir, a.same)
	for _, id := range slices.Concat(slices.Collect(maps.Keys(a.may)), slices.Collect(maps.Keys(a.gives))) {
		if _, err := os.Lstat(filepath.Join(a.dir, homeName, udidA, versionsName, string(id))); err != nil {
			maps.DeleteFunc(a.was, func(k, _ string) bool { return len(k) > len(id) && k[:len(id)] == string(id) })
		}
	}
	a.compared.Add(int64(len(a.was)))
	_, firm := a.was[healed]
	if free := string(a.mended) + "/"; a.mended != "" && !firm {
		maps.DeleteFunc(now, func(k, _ string) bool { return strings.HasPrefix(k, free) })
		maps.DeleteFunc(a.was, func(k, _ string) bool { return strings.HasPrefix(k, free) })
	}
	for k, v := range a.was {
		if now[k] != v {
			a.errorf(t, "%s, %s is %q, was %q", when, k, now[k], v)
		}
	}
	for k := range now {
		if _, ok := a.was[k]; !ok {
			a.errorf(t, "%s, %s is there", when, k)
		}
	}
}

// listed wants every version that is listed to be one that may be there, with what
// the phone had then, proven to the last byte.
func (a after) listed(t *testing.T, s *Store) {
	t.Helper()
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	fresh, there := 0, map[VersionID]bool{}
	for _, v := range vs {
		there[v.ID] = true
		if v.ID == a.pinned && !v.Pinned {
			a.errorf(t, "version %s has lost its pin", v.ID)
		}
		want, ok := a.old[v.ID]
		if !ok {
			want, ok = a.may[v.ID]
		}
		if !ok {
			want, ok = a.gives[v.ID]
		}
		if !ok {
			fresh++
			want = a.fresh
		}
		a.holds(t, s, v, want)
	}
	if fresh > 1 || fresh > 0 && a.fresh == nil || a.done && a.fresh != nil && fresh == 0 {
		a.errorf(t, "%d new versions, done %v", fresh, a.done)
	}
	for id := range a.old {
		if !there[id] {
			a.errorf(t, "version %s is lost", id)
		}
	}
	for id := range a.gives {
		if !there[id] && (fresh == 0 || a.stays) {
			a.errorf(t, "version %s is lost, and nothing has its place", id)
		}
	}
	if len(vs) > 0 {
		a.linked(t, vs[0])
	}
}

// holds wants a version to be sound, proven, and to have the bytes of c.
func (a after) holds(t *testing.T, s *Store, v Version, c contents) {
	t.Helper()
	if r := verify(t, s, v, Full); !r.OK || !v.Sound() {
		a.errorf(t, "version %s: %+v %s", v.ID, r.Damage, v.Damage)
	}
	if v.Files != len(c) {
		a.errorf(t, "version %s has %d files, the phone had %d", v.ID, v.Files, len(c))
	}
	for p, want := range c {
		got, err := os.ReadFile(filepath.Join(v.Path, v.UDID, filepath.FromSlash(mobilesync.NewFileID(domain, p).Body())))
		if err != nil || string(got) != want {
			a.errorf(t, "version %s: %s holds %q (%v), want %q", v.ID, p, got, err, want)
		}
	}
}

func (a after) linked(t *testing.T, newest Version) {
	t.Helper()
	if a.bare {
		return
	}
	to, err := filepath.EvalSymlinks(filepath.Join(a.dir, udidA))
	want, werr := filepath.EvalSymlinks(filepath.Join(newest.Path, udidA))
	if err != nil || werr != nil || to != want {
		a.errorf(t, "the link leads to %s (%v), want %s", to, err, want)
	}
}

// tidy wants nothing in trash, and in staging at most a partial.
func (a after) tidy(t *testing.T, s *Store, partial bool) {
	t.Helper()
	home := filepath.Join(s.Path(), homeName, udidA)
	trash, _ := os.ReadDir(filepath.Join(home, trashName))
	staging, _ := os.ReadDir(filepath.Join(home, stagingName))
	if len(trash) > 0 || len(staging) > 1 || len(staging) > 0 && !partial {
		a.errorf(t, "trash holds %v, staging %v", trash, staging)
	}
}

// nextRun makes the next version, without anybody's help.
func (a after) nextRun(t *testing.T, s *Store) {
	t.Helper()
	st, err := s.Begin(t.Context(), udidA)
	if err != nil {
		a.errorf(t, "next run: %v", err)
		return
	}
	defer st.Discard()
	if a.resumes && st.Info().Resumes == 0 {
		a.errorf(t, "the partial is lost")
	}
	if err := engine(t, st, a.next, 0); err != nil {
		a.errorf(t, "next run: %v", err)
		return
	}
	v, err := st.Publish(t.Context(), arrived)
	if err != nil {
		a.errorf(t, "next run: %v", err)
		return
	}
	a.holds(t, s, v, a.next)
	a.linked(t, v)
	a.tidy(t, s, false)
}
