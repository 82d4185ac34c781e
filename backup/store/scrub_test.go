package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/cause"
)

// bodyAt is the path of a body in a version.
func bodyAt(v Version, name string) string {
	return filepath.Join(v.Path, v.UDID, filepath.FromSlash(mobilesync.NewFileID(domain, name).Body()))
}

// rot changes a file in place, as a drive does: every name of it sees that.
func rot(t testing.TB, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	data[0] ^= 1
	must(t, os.WriteFile(path, data, 0o600))
}

func scrub(t testing.TB, s *Store) Scrubbed {
	t.Helper()
	got, err := s.Scrub(t.Context(), udidA, 0)
	must(t, err)
	return got
}

// sealedFiles counts the files below <UDID>/ of all versions, each inode once.
func sealedFiles(t testing.TB, s *Store) int {
	t.Helper()
	seen := map[uint64]bool{}
	dir := filepath.Join(s.Path(), homeName, udidA, versionsName)
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == recordName || d.Name() == sumsName {
			return err
		}
		info, err := d.Info()
		if err == nil {
			seen[inode(info)] = true
		}
		return err
	}))
	return len(seen)
}

func threeVersions(t testing.TB, s *Store) (made []Version) {
	t.Helper()
	c := numbered(40, "a")
	for _, tag := range []string{"one", "two", "three"} {
		c = c.with("Media/IMG_0003.JPG", tag)
		made = append(made, backUp(t, s, udidA, c))
	}
	return made
}

// needsLinks skips a test that spoils a file in place where versions share no inodes:
// on a drive that clones files, that parts them.
func needsLinks(t testing.TB, a, b Version, name string) {
	t.Helper()
	x, err := os.Stat(bodyAt(a, name))
	must(t, err)
	y, err := os.Stat(bodyAt(b, name))
	must(t, err)
	if !os.SameFile(x, y) {
		t.Skip("versions on this drive share no inodes")
	}
}

// A scrub reads what several versions share once, says nothing against sound ones,
// and the next is due a while later.
func TestScrubOfSoundVersions(t *testing.T) {
	t.Parallel()
	now := testTime
	s := newStore(t, Options{Now: func() time.Time { return now }})
	if _, found, err := s.ScrubDue(t.Context(), udidA, time.Hour); found || err != nil {
		t.Errorf("without versions: %v, %v", found, err)
	}
	threeVersions(t, s)
	due, found, err := s.ScrubDue(t.Context(), udidA, 24*time.Hour)
	if err != nil || !found || !due.Equal(testTime.Add(24*time.Hour)) {
		t.Errorf("due %v, %v, %v", due, found, err)
	}
	now = now.Add(48 * time.Hour)
	got := scrub(t, s)
	if got.Files != sealedFiles(t, s) || len(got.Reports) != 3 || len(got.Fresh) != 0 {
		t.Errorf("%+v, want %d files", got, sealedFiles(t, s))
	}
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	for i, r := range got.Reports {
		if !r.OK || r.Level != Full || r.Files != 40 || vs[i].Proof != backup.ProofFull || vs[i].Verified == nil {
			t.Errorf("%+v, %+v", r, vs[i])
		}
	}
	if due, _, _ = s.ScrubDue(t.Context(), udidA, 24*time.Hour); !due.Equal(now.Add(24 * time.Hour)) {
		t.Errorf("then due %v", due)
	}
	now = now.AddDate(-1, 0, 0)
	if due, _, _ = s.ScrubDue(t.Context(), udidA, 24*time.Hour); due.After(now) {
		t.Errorf("after a jump of the clock due %v", due)
	}
}

// What the drive spoiled is found in every version that shares it, named as the
// phone calls it, and told once; no run builds on it.
func TestScrubFindsWhatIsShared(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	made := threeVersions(t, s)
	needsLinks(t, made[0], made[2], "Media/IMG_0007.JPG")
	rot(t, bodyAt(made[0], "Media/IMG_0007.JPG"))
	got := scrub(t, s)
	if len(got.Fresh) != 3 {
		t.Fatalf("%+v", got)
	}
	for _, r := range got.Fresh {
		if len(r.Damage) != 1 || !names(r, udidA+"/"+mobilesync.NewFileID(domain, "Media/IMG_0007.JPG").Body(), "Media/IMG_0007.JPG", mobilesync.Changed) {
			t.Errorf("%+v", r)
		}
	}
	if again := scrub(t, s); len(again.Fresh) != 0 || len(again.Reports) != 3 || again.Reports[0].OK {
		t.Errorf("again: %+v", again)
	}
	st := begin(t, s, udidA)
	if st.Info().Base != "" {
		t.Errorf("built on %s", st.Info().Base)
	}
	fill(t, st, udidA, numbered(40, "a"), script{})
	next, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	if r := verify(t, s, next, Full); !r.OK {
		t.Errorf("the next: %+v", r)
	}
	if v := find(t, s, made[2].ID); v.Sound() {
		t.Error("the damaged one is not marked any more")
	}
}

// A check of one version notes the others that share what it found.
func TestVerifySpreads(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	made := threeVersions(t, s)
	needsLinks(t, made[0], made[2], "Media/IMG_0007.JPG")
	rot(t, bodyAt(made[1], "Media/IMG_0007.JPG"))
	r := verify(t, s, made[1], Full)
	if len(r.Others) != 2 || r.Others[0] != made[2].ID || r.Others[1] != made[0].ID {
		t.Fatalf("others %v", r.Others)
	}
	for _, v := range made {
		if got := find(t, s, v.ID); got.Damage != domain+"-Media/IMG_0007.JPG: changed" {
			t.Errorf("%s: %q", v.ID, got.Damage)
		}
	}
	rot(t, bodyAt(made[1], "Media/IMG_0007.JPG")) // back again
	rot(t, bodyAt(made[1], "Media/IMG_0003.JPG")) // in this one only
	if r := verify(t, s, made[1], Full); r.OK || len(r.Others) != 0 {
		t.Errorf("%+v", r)
	}
}

// A scrub that is stopped goes on where it was, keeps its pace, and reads nothing
// twice.
func TestScrubResumes(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	c := contents{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		c[name] = string(make([]byte, 10_000))
	}
	first := backUp(t, s, udidA, c)
	needsLinks(t, first, backUp(t, s, udidA, c.with("b", "x")), "a")
	rot(t, bodyAt(find(t, s, newest(t, s)), "a"))
	want := sealedFiles(t, s)
	files, calls := 0, 0
	const most = 100 // bytes a second
	synctest.Test(t, func(t *testing.T) {
		for {
			calls++
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			begun := time.Now()
			got, err := s.Scrub(ctx, udidA, most)
			took := time.Since(begun)
			cancel()
			files += got.Files
			if got.Bytes > int64(took.Seconds()*most)+most {
				t.Errorf("%d bytes in %v", got.Bytes, took)
			}
			if err == nil {
				if len(got.Fresh) != 2 {
					t.Errorf("%+v", got)
				}
				return
			}
			if !errors.Is(err, context.DeadlineExceeded) || calls > 100 {
				t.Fatal(err)
			}
			if due, _, _ := s.ScrubDue(t.Context(), udidA, time.Hour); due.After(time.Now()) {
				t.Errorf("not due at once, but at %v", due)
			}
			if _, err := os.Lstat(filepath.Join(s.Path(), homeName, udidA, scrubName)); err != nil {
				t.Error(err)
			}
		}
	})
	if files != want || calls < 3 {
		t.Errorf("%d files read in %d calls, want %d", files, calls, want)
	}
	if _, err := os.Lstat(filepath.Join(s.Path(), homeName, udidA, scrubName)); err == nil {
		t.Error("the position of a finished scrub was left behind")
	}
}

func newest(t testing.TB, s *Store) VersionID {
	t.Helper()
	v, ok, err := s.Newest(t.Context(), udidA)
	must(t, err)
	if !ok {
		t.Fatal("no version")
	}
	return v.ID
}

// A position that cannot be read, or is that of other versions, begins anew; what is
// pruned under a scrub is not called damaged.
func TestScrubWithOddPosition(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"torn": `{"format":1,"vers`, "other versions": `{"format":1,"versions":["20200101T000000Z-0001"],"position":"ff"}`,
		"later format": `{"format":2,"position":"ff"}`, "one that went": `{"format":1,"versions":["20200101T000000Z-0001","%"],"position":""}`,
	} {
		s := newStore(t, Options{})
		made := threeVersions(t, s)
		text := []byte(text)
		for i, b := range text {
			if b == '%' {
				text = append(text[:i:i], append([]byte(made[0].ID), text[i+1:]...)...)
			}
		}
		must(t, os.WriteFile(filepath.Join(s.Path(), homeName, udidA, scrubName), text, 0o600))
		got := scrub(t, s)
		want := 3
		if name == "one that went" {
			want = 1
		}
		if len(got.Reports) != want || len(got.Fresh) != 0 || got.Files == 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A drive that is pulled in the middle of a check is that, and no damage.
func TestPulledDriveIsNoDamage(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	made := threeVersions(t, s)
	must(t, os.Remove(bodyAt(made[0], "Media/IMG_0007.JPG")))
	away := s.Path() + ".away"
	must(t, os.Rename(s.Path(), away))
	for name, check := range map[string]func() error{
		"verify": func() error { _, err := s.Verify(t.Context(), made[0], Full, nil); return err },
		"scrub":  func() error { _, err := s.Scrub(t.Context(), udidA, 0); return err },
	} {
		if err := check(); !is(err, cause.DestinationMissing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, os.Rename(away, s.Path()))
	if v := find(t, s, made[0].ID); !v.Sound() {
		t.Errorf("marked: %s", v.Damage)
	}
}
