package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/cause"
)

// The story of three runs: first, changed, unchanged. The earlier versions stay
// what they were, to the inode.
func TestVersionsAreMadeAndStayAsTheyAre(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), Options{}) // on a real disk
	must(t, err)
	defer s.Close()
	first := numbered(60, "a")
	v1 := backUp(t, s, udidA, first)
	before := snapshot(t, v1.Path)

	second := first.with("Media/IMG_0003.JPG", "changed").with("Media/new.JPG", "new")
	delete(second, "Media/IMG_0007.JPG")
	v2 := backUp(t, s, udidA, second)
	v3 := backUp(t, s, udidA, second)

	if diff := cmp.Diff(before, snapshot(t, v1.Path)); diff != "" {
		t.Errorf("the first version changed: %s", diff)
	}
	if v1.Files != 60 || v2.Files != 60 || v2.NewBytes != int64(len("changed")+len("new")) || v3.NewBytes != 0 {
		t.Errorf("figures: %+v, %+v, %+v", v1, v2, v3)
	}
	for _, v := range []Version{v1, v2, v3} {
		if r := verify(t, s, v, Full); !r.OK || r.Files != 60 {
			t.Errorf("verify %s: %+v", v.ID, r)
		}
	}
	list, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(list) != 3 || list[0].ID != v3.ID || !list[0].Latest || list[1].Latest || list[0].Verified == nil || list[0].Proof != backup.ProofFull {
		t.Errorf("list: %+v", list)
	}
	if list[2].ID.Generation() != 1 || list[0].Device != "Anna's iPhone" {
		t.Errorf("list: %+v", list)
	}
}

// What a person can do without Homeport: follow the link, and sha256sum -c.
func TestVersionProvesWithoutHomeport(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), Options{}) // on a real disk
	must(t, err)
	defer s.Close()
	backUp(t, s, udidA, numbered(20, "a"))
	v := backUp(t, s, udidA, numbered(20, "b"))
	to, err := filepath.EvalSymlinks(filepath.Join(s.Path(), udidA))
	must(t, err)
	want, err := filepath.EvalSymlinks(filepath.Join(v.Path, udidA))
	must(t, err)
	if to != want {
		t.Errorf("link leads to %s, want %s", to, want)
	}
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cmd := exec.Command(tool, "--strict", "-c", sumsName)
	cmd.Dir = v.Path
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("sha256sum -c: %v\n%s", err, out)
	}
}

// An engine that does not report bodies gives the same seal.
func TestSilentEngineIsHashed(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	backUp(t, s, udidA, numbered(30, "a"))
	c := numbered(30, "a").with("Media/IMG_0004.JPG", "z 4 xxxx")
	var seals []string
	for _, silent := range []bool{true, false} {
		st := begin(t, s, udidB)
		fill(t, st, udidB, c, script{silent: silent})
		v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
		must(t, err)
		if r := verify(t, s, v, Full); !r.OK {
			t.Errorf("silent %v: %+v", silent, r.Damage)
		}
		data, err := os.ReadFile(filepath.Join(v.Path, sumsName))
		must(t, err)
		lines := string(data)
		seals = append(seals, lines[:len(lines)/2])
		must(t, os.RemoveAll(filepath.Join(s.Path(), homeName, udidB)))
	}
	if seals[0] != seals[1] {
		t.Error("the seals differ")
	}
}

// A body that was uploaded to the phone's staging and never moved must not lend
// its sum to the older body under the same id.
func TestUploadThatWasNotMovedDoesNotLendItsSum(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	c := numbered(10, "a")
	backUp(t, s, udidA, c)
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{})
	id := mobilesync.NewFileID(domain, "Media/IMG_0001.JPG")
	st.Wrote(rel(t, udidA+"/Snapshot/"+id.Body()), int64(len(c["Media/IMG_0001.JPG"])), [32]byte{1})
	v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	if r := verify(t, s, v, Full); !r.OK {
		t.Errorf("damage: %+v", r.Damage)
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	one := numbered(10, "a")["Media/IMG_0001.JPG"]
	for name, c := range map[string]struct {
		how  script
		bend func(t *testing.T, home string)
		want cause.ID
	}{
		"phone not finished": {how: script{state: "moving"}, want: cause.ProtocolError},
		"another phone":      {how: script{udid: udidB}, want: cause.DeviceIdentityMismatch},
		"body missing":       {how: script{skip: one}, want: cause.ManifestMismatch},
		"body empty": {bend: func(t *testing.T, home string) {
			must(t, os.Truncate(filepath.Join(home, filepath.FromSlash(mobilesync.NewFileID(domain, "Media/IMG_0001.JPG").Body())), 0))
		}, want: cause.ManifestMismatch},
		"database missing": {bend: func(t *testing.T, home string) {
			must(t, os.Remove(filepath.Join(home, mobilesync.DatabaseFile)))
		}, want: cause.ProtocolError},
		"manifest empty": {bend: func(t *testing.T, home string) {
			must(t, os.Truncate(filepath.Join(home, mobilesync.ManifestFile), 0))
		}, want: cause.ProtocolError},
		"database not SQLite": {bend: func(t *testing.T, home string) {
			must(t, os.WriteFile(filepath.Join(home, mobilesync.DatabaseFile), []byte("nonsense"), 0o600))
		}, want: cause.ProtocolError},
		"a link among the bodies": {bend: func(t *testing.T, home string) {
			must(t, os.Symlink("/etc/passwd", filepath.Join(home, "ab", "planted")))
		}, want: cause.DestinationUnsafe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, Options{})
			v1 := backUp(t, s, udidB, numbered(3, "b"))
			st := begin(t, s, udidA)
			must(t, os.MkdirAll(filepath.Join(st.Dir(), udidA, "ab"), 0o700))
			fill(t, st, udidA, numbered(10, "a"), c.how)
			if c.bend != nil {
				c.bend(t, filepath.Join(st.Dir(), udidA))
			}
			_, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
			if id, _ := cause.Of(err); id != c.want {
				t.Errorf("cause %s (%v), want %s", id, err, c.want)
			}
			must(t, st.Discard())
			if vs, err := s.Versions(t.Context(), udidA); err != nil || len(vs) != 0 {
				t.Errorf("versions %+v, %v", vs, err)
			}
			if r := verify(t, s, v1, Full); !r.OK {
				t.Errorf("the other phone's version: %+v", r.Damage)
			}
		})
	}
}

// What is odd is published, told, pinned, and no damage later.
func TestOddBackupIsPublishedAndThePreviousPinned(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	c := numbered(40, "a")
	v1 := backUp(t, s, udidA, c)
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{unstaged: true})
	stray := mobilesync.NewFileID("Nowhere", "x")
	must(t, os.MkdirAll(filepath.Join(st.Dir(), udidA, stray.Body()[:2]), 0o700))
	must(t, os.WriteFile(filepath.Join(st.Dir(), udidA, filepath.FromSlash(stray.Body())), []byte("stray"), 0o600))
	v2, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	if len(v2.Notes) != 1 || v2.Notes[0].ID != cause.ManifestMismatch {
		t.Errorf("notes: %v", v2.Notes)
	}
	for _, level := range []Level{Quick, Full} {
		if r := verify(t, s, v2, level); !r.OK {
			t.Errorf("%s: %+v", level, r.Damage)
		}
	}
	if pinned(t, s)[v1.ID] != true {
		t.Error("the version before is not pinned")
	}
}

func TestShrunkBackupPinsThePrevious(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v1 := backUp(t, s, udidA, numbered(40, "a"))
	v2 := backUp(t, s, udidA, numbered(10, "a"))
	if len(v2.Notes) != 1 || v2.Notes[0].ID != cause.BackupShrank || !pinned(t, s)[v1.ID] {
		t.Errorf("notes %v, pinned %v", v2.Notes, pinned(t, s))
	}
	for range 3 {
		backUp(t, s, udidA, numbered(10, "a"))
	}
	_, err := s.Prune(t.Context(), udidA, Policy{Last: 1})
	must(t, err)
	if r := verify(t, s, find(t, s, v1.ID), Full); !r.OK {
		t.Errorf("the one before it: %+v", r)
	}
}

// Less than half is half missed by the least.
func TestShrank(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		files, before int
		bytes, was    int64
		want          bool
	}{
		{20, 40, 100, 100, false}, {19, 40, 100, 100, true}, {1, 3, 100, 100, true}, {2, 3, 100, 100, false},
		{40, 40, 50, 100, false}, {40, 40, 49, 100, true}, {40, 40, 1, 3, true}, {0, 0, 0, 0, false}, {0, 1, 1, 1, true}, {80, 40, 300, 100, false},
	} {
		if got := shrank(c.files, c.bytes, Version{Files: c.before, Bytes: c.was}); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func pinned(t *testing.T, s *Store) map[VersionID]bool {
	t.Helper()
	vs, err := s.Versions(t.Context(), udidA)
	must(t, err)
	got := map[VersionID]bool{}
	for _, v := range vs {
		got[v.ID] = v.Pinned
	}
	return got
}

func TestForeignFolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	keep := filepath.Join(s.Path(), udidA, "keep")
	must(t, os.Mkdir(filepath.Dir(keep), 0o700))
	must(t, os.WriteFile(keep, []byte("Finder's"), 0o600))
	v := backUp(t, s, udidA, numbered(3, "a"))
	if len(v.Notes) != 1 || v.Notes[0].ID != cause.DestinationForeign {
		t.Errorf("notes: %v", v.Notes)
	}
	if data, err := os.ReadFile(keep); err != nil || string(data) != "Finder's" {
		t.Errorf("foreign folder: %q, %v", data, err)
	}
}

func TestEncryptedBackupIsPublishedAsReceived(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	st := begin(t, s, udidA)
	fill(t, st, udidA, contents{"a": "sixteen bytes !!", "b": "sixteen bytes ??"}, script{encrypted: true})
	v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived, Encrypted: true})
	must(t, err)
	if !v.Encrypted || v.Proof != backup.ProofReceived || v.Files != 2 {
		t.Errorf("version %+v", v)
	}
	must(t, os.Remove(filepath.Join(v.Path, udidA, filepath.FromSlash(mobilesync.NewFileID(domain, "a").Body()))))
	if r := verify(t, s, v, Quick); r.OK || len(r.Damage) != 1 || r.Damage[0].Kind != mobilesync.Missing {
		t.Errorf("a missing body of an encrypted version: %+v", r)
	}
}

// A body of the wrong length is an oddity when the engine saw it end properly, and
// half a file when it did not; what nobody proved is not called proven.
func TestEngineWithoutProof(t *testing.T) {
	t.Parallel()
	for _, proof := range []backup.Proof{backup.ProofReceived, ""} {
		s := newStore(t, Options{})
		st := begin(t, s, udidA)
		fill(t, st, udidA, numbered(40, "a"), script{})
		body := filepath.Join(st.Dir(), udidA, filepath.FromSlash(mobilesync.NewFileID(domain, "Media/IMG_0003.JPG").Body()))
		must(t, os.Remove(body))
		must(t, os.WriteFile(body, []byte("half"), 0o600))
		_, err := st.Publish(t.Context(), backup.Result{Proof: proof})
		if id, _ := cause.Of(err); (err == nil) != (proof != "") || err != nil && id != cause.ManifestMismatch {
			t.Errorf("proof %q: %v", proof, err)
		}
		must(t, st.Discard())

		st = begin(t, s, udidB)
		fill(t, st, udidB, contents{"a": "sixteen bytes !!"}, script{encrypted: true})
		v, err := st.Publish(t.Context(), backup.Result{Proof: proof, Encrypted: true})
		if err != nil || v.Proof != proof {
			t.Errorf("encrypted: proof %q, want %q; %v", v.Proof, proof, err)
		}
	}
}
