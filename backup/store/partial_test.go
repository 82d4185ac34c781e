package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/cause"
)

// A run is cut, kept, and gone on with: what had arrived is not asked for again,
// and the result is whole.
func TestPartialIsResumed(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v1 := backUp(t, s, udidA, numbered(20, "a"))
	c := numbered(20, "b")
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{stopAfter: 15})
	must(t, st.Keep())
	must(t, st.Keep())
	if _, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived}); err == nil {
		t.Error("published after Keep")
	}

	st = begin(t, s, udidA)
	if info := st.Info(); info.Resumes != 1 || info.Base != v1.ID || info.Files != 0 {
		t.Errorf("info %+v", info)
	}
	if n := st.carried.len(); n != 15 {
		t.Errorf("%d sums survived, want 15", n)
	}
	fill(t, st, udidA, c, script{})
	if n := st.fresh.len(); n != 5 {
		t.Errorf("%d bodies were written again, want 5", n)
	}
	v2, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	for _, v := range []Version{v1, v2} {
		if r := verify(t, s, v, Full); !r.OK {
			t.Errorf("%s: %+v", v.ID, r.Damage)
		}
	}
	if entries, err := os.ReadDir(v2.Path); err != nil || len(entries) != 3 {
		t.Errorf("the version holds %v", entries)
	}
}

// What the disk did to a partial in the meantime is found before it is published.
func TestPartialIsReadAgain(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	c := numbered(10, "a")
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{stopAfter: 10})
	must(t, st.Keep())
	st = begin(t, s, udidA)
	body := filepath.Join(st.Dir(), udidA, filepath.FromSlash(mobilesync.NewFileID(domain, "Media/IMG_0003.JPG").Body()))
	rewrite(t, body, func(b []byte) []byte { b[0] ^= 1; return b })
	for name, data := range manifests(t, udidA, c, script{}) {
		must(t, os.WriteFile(filepath.Join(st.Dir(), udidA, name), data, 0o600))
	}
	_, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	if id, _ := cause.Of(err); id != cause.HostIOError {
		t.Errorf("error %v", err)
	}
}

// A killed run of this system start is gone on with, though nothing was kept; its
// half-written bodies are not.
func TestKilledRunIsResumed(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	c := numbered(10, "a")
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{stopAfter: 6})
	must(t, os.WriteFile(filepath.Join(st.Dir(), udidA, tempName(t)), []byte("half"), 0o600))
	st.end() // as the kernel does
	if bootID(s.Path()) == "" {
		t.Skip("this system has no name for its start")
	}
	st = begin(t, s, udidA)
	if st.Info().Resumes != 1 {
		t.Fatalf("info %+v", st.Info())
	}
	fill(t, st, udidA, c, script{})
	v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	if r := verify(t, s, v, Full); !r.OK || len(v.Notes) > 0 {
		t.Errorf("report %+v, notes %v", r.Damage, v.Notes)
	}
}

// tempName is the name of a body that tree is writing.
func tempName(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	must(t, err)
	defer s.Close()
	st := begin(t, s, udidB)
	defer st.Discard()
	name := ""
	withBody(t, st, func() {
		entries, err := os.ReadDir(filepath.Join(st.Dir(), udidB))
		must(t, err)
		name = entries[0].Name()
	})
	return name
}

func TestFateOfAStage(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	good := state{Version: "20261122T093000Z-0007", Started: now.Add(-time.Hour), Boot: "this", Cloned: true}
	for name, c := range map[string]struct {
		change func(*state)
		newest int
		keep   bool
	}{
		"crashed in this start": {func(*state) {}, 6, true},
		"crashed in another":    {func(s *state) { s.Boot = "other" }, 6, false},
		"kept in another":       {func(s *state) { s.Boot, s.Kept = "other", true }, 6, true},
		"no name of the start":  {func(s *state) { s.Boot = "" }, 6, false},
		"clone not finished":    {func(s *state) { s.Cloned = false }, 6, false},
		"resumed five times":    {func(s *state) { s.Resumes = 5 }, 6, false},
		"resumed four times":    {func(s *state) { s.Resumes = 4 }, 6, true},
		"eight days old":        {func(s *state) { s.Started = now.AddDate(0, 0, -8) }, 6, false},
		"from the future":       {func(s *state) { s.Started = now.AddDate(0, 0, 8) }, 6, true},
		"overtaken":             {func(*state) {}, 7, false},
		"of a later Homeport":   {func(s *state) { s.Format = 2; s.Cloned = false }, 7, true},
	} {
		s := good
		c.change(&s)
		if keep, why := s.fate(now, "this", c.newest, true); keep != c.keep {
			t.Errorf("%s: keep %v (%s)", name, keep, why)
		}
	}
}

// A partial that always ends badly comes to an end.
func TestPartialIsResumedAtMostFiveTimes(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	for want := range 6 {
		st := begin(t, s, udidA)
		if st.Info().Resumes != want {
			t.Fatalf("resumes %d, want %d", st.Info().Resumes, want)
		}
		must(t, st.Keep())
	}
	if st := begin(t, s, udidA); st.Info().Resumes != 0 {
		t.Errorf("resumes %d", st.Info().Resumes)
	}
}

func TestReceivedTable(t *testing.T) {
	t.Parallel()
	older, newer := &received{}, &received{}
	id := func(i int) mobilesync.FileID { return mobilesync.NewFileID("x", fmt.Sprint(i)) }
	for i := range 300 {
		older.add(receipt{id(i), sum{1}, 1})
		if i%2 == 0 {
			newer.add(receipt{id(i), sum{2}, 2})
			newer.add(receipt{id(i), sum{3}, 3})
		}
	}
	older.sort()
	newer.sort()
	newer.merge(older)
	for i := range 300 {
		want := byte(1)
		if i%2 == 0 {
			want = 3 // the last report counts
		}
		if e, ok := newer.find(id(i)); !ok || e.sum[0] != want || e.n != int64(want) {
			t.Fatalf("%d: %+v, %v", i, e, ok)
		}
	}
	if _, ok := newer.find(id(300)); ok || newer.len() != 300 {
		t.Errorf("%d entries", newer.len())
	}
}

// A partial that shares its files with a version that was damaged since is not gone
// on with: the phone would not send again what it takes to be there.
func TestPartialOfADamagedBase(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v1 := backUp(t, s, udidA, numbered(10, "a"))
	st := begin(t, s, udidA)
	if st.Info().Strategy != "hardlink" {
		t.Skipf("files are cloned by %s here", st.Info().Strategy)
	}
	must(t, engine(t, st, stateB(10), 2))
	must(t, st.Keep())
	must(t, os.Truncate(bodyPath(v1, "Media/IMG_0007.JPG"), 1))
	st = begin(t, s, udidA)
	if info := st.Info(); info.Resumes != 0 || info.Base != "" || len(info.Skipped) != 1 {
		t.Errorf("gone on with: %+v", info)
	}
	must(t, engine(t, st, stateB(10), 0))
	v2, err := st.Publish(t.Context(), arrived)
	must(t, err)
	after{template: &template{story: story{name: "damaged base"}}, dir: s.Path(), point: "next run"}.holds(t, s, v2, stateB(10))
}

// A file of the base that is changed in place while a run shares it is found before
// the run is published, whatever its length.
func TestBaseChangesInMidRun(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v1 := backUp(t, s, udidA, numbered(10, "a"))
	st := begin(t, s, udidA)
	if st.Info().Strategy != "hardlink" {
		t.Skipf("files are cloned by %s here", st.Info().Strategy)
	}
	must(t, os.WriteFile(bodyPath(v1, "Media/IMG_0007.JPG"), []byte("A 7 xxxxxxx"), 0o600))
	must(t, engine(t, st, stateB(10), 0))
	_, err := st.Publish(t.Context(), arrived)
	if id, _ := cause.Of(err); id != cause.HostIOError {
		t.Fatalf("published: %v", err)
	}
	must(t, st.Discard())
	if list, err := s.Versions(t.Context(), udidA); err != nil || list[0].Sound() {
		t.Errorf("the base is still called sound: %+v, %v", list, err)
	}
	st = begin(t, s, udidA)
	if st.Info().Base != "" {
		t.Errorf("built on %s again", st.Info().Base)
	}
	must(t, st.Discard())
}

func bodyPath(v Version, path string) string {
	return filepath.Join(v.Path, v.UDID, filepath.FromSlash(mobilesync.NewFileID(domain, path).Body()))
}
