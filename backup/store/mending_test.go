package store

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"homeport/backup/mobilesync"
)

// moreStories are told about what is done to a store besides making and removing
// versions: files are repaired, versions scrubbed, marks made, and the lease of a
// computer that stopped in mid-run is taken over.
func moreStories(n int) []story {
	a, b := stateA(n), stateB(n)
	return []story{
		{name: "repair", prepare: func(t *testing.T, dir string) promise {
			old := made(t, dir, a, a)
			first := slices.Min(slices.Collect(maps.Keys(old)))
			spoil(t, dir, first)
			return promise{old: old, mended: first, heal: repairAgain}
		}, tell: tellRepair},
		{name: "scrub", prepare: func(t *testing.T, dir string) promise {
			old := made(t, dir, a, b)
			first := slices.Min(slices.Collect(maps.Keys(old)))
			rotOne(t, dir, first)
			return promise{old: old, mended: first, heal: scrubAgain}
		}, tell: func(_ *testing.T, dir string, o Options) error {
			return withStore(dir, o, func(s *Store) error {
				_, err := s.Scrub(context.Background(), udidA, 0)
				return err
			})
		}},
		{name: "marks", prepare: func(t *testing.T, dir string) promise {
			old := made(t, dir, a, b)
			first := slices.Min(slices.Collect(maps.Keys(old)))
			must(t, withStore(dir, Options{}, func(s *Store) error { return s.Pin(find(t, s, first), "asked") }))
			return promise{old: old, pinned: first, heal: checkAgain}
		}, tell: tellMarks},
		{name: "take over", prepare: func(t *testing.T, dir string) promise {
			old := made(t, dir, a)
			leaveHolder(t, dir, b)
			manifests(t, udidA, stateC(n), script{}) // made outside of the bubble
			return promise{old: old, fresh: b, foreign: true}
		}, tell: tellRun(b)},
	}
}

func withStore(dir string, o Options, do func(*Store) error) error {
	s, err := Open(dir, o)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

func pathOf(dir string, id VersionID, name string) string {
	return filepath.Join(dir, homeName, udidA, versionsName, string(id), udidA, filepath.FromSlash(mobilesync.NewFileID(domain, name).Body()))
}

// spoil gives three files of the older of two versions inodes of their own, and then
// damages them: other bytes, none, a folder.
func spoil(t *testing.T, dir string, id VersionID) {
	t.Helper()
	for i, name := range []string{"Media/IMG_0000.JPG", "Media/IMG_0001.JPG", "Media/IMG_0002.JPG"} {
		path := pathOf(dir, id, name)
		ownInode(t, path)
		switch i {
		case 0:
			rot(t, path)
		case 1:
			must(t, os.Remove(path))
		case 2:
			must(t, os.Remove(path))
			must(t, os.Mkdir(path, 0o700))
		}
	}
}

// rotOne damages one file that no other version shares.
func rotOne(t *testing.T, dir string, id VersionID) {
	t.Helper()
	path := pathOf(dir, id, "Media/IMG_0000.JPG")
	ownInode(t, path)
	rot(t, path)
}

func tellRepair(_ *testing.T, dir string, o Options) error {
	return withStore(dir, o, func(s *Store) error {
		vs, err := s.Versions(context.Background(), udidA)
		if err != nil || len(vs) == 0 {
			return err
		}
		_, err = s.Repair(context.Background(), vs[len(vs)-1], nil)
		return err
	})
}

// tellMarks makes one mark of each kind.
func tellMarks(_ *testing.T, dir string, o Options) error {
	return withStore(dir, o, func(s *Store) error {
		vs, err := s.Versions(context.Background(), udidA)
		if err != nil || len(vs) == 0 {
			return err
		}
		if err := s.Pin(vs[0], "asked"); err != nil {
			return err
		}
		if _, err := s.Verify(context.Background(), vs[0], Full, nil); err != nil {
			return err
		}
		if err := s.MarkOpened(vs[0]); err != nil {
			return err
		}
		return s.Unpin(vs[0])
	})
}

// leaveHolder leaves what another computer leaves that stopped in mid-run: its lease,
// and its stage.
func leaveHolder(t *testing.T, dir string, c contents) {
	t.Helper()
	st := begin(t, computer(t, dir, "gone", stopped), udidA)
	must(t, engine(t, st, c, 2))
	path := filepath.Join(dir, homeName, udidA, leaseName)
	data, err := os.ReadFile(path)
	must(t, err)
	st.end()
	must(t, os.WriteFile(path, data, 0o600))
	memoryOf(dir).forget() // the phone goes on with its own computer only
}

// patiently runs act on a clock on which the time that a lease must stand passes at
// once.
func (p promise) patiently(t *testing.T, act func(t *testing.T)) {
	t.Helper()
	if !p.foreign {
		act(t)
		return
	}
	synctest.Test(t, act)
}

// told tells the story.
func (x *template) told(t *testing.T, dir string, o Options) (err error) {
	t.Helper()
	x.patiently(t, func(t *testing.T) { err = x.tell(t, dir, o) })
	return err
}

// repairAgain brings the damaged files back, if that did not happen.
func repairAgain(t *testing.T, a after, s *Store) {
	t.Helper()
	r, err := s.Repair(t.Context(), find(t, s, a.mended), nil)
	if err != nil || !r.OK {
		a.errorf(t, "the next repair: %+v, %v", r, err)
	}
}

// scrubAgain wants the next scrub to find the damage, all of it and nothing else.
func scrubAgain(t *testing.T, a after, s *Store) {
	t.Helper()
	got, err := s.Scrub(t.Context(), udidA, 0)
	if err != nil {
		a.errorf(t, "the next scrub: %v", err)
	}
	want := udidA + "/" + mobilesync.NewFileID(domain, "Media/IMG_0000.JPG").Body()
	for _, r := range got.Reports {
		if bad := r.ID == a.mended; r.OK == bad || bad && (len(r.Damage) != 1 || r.Damage[0].Path != want) {
			a.errorf(t, "the next scrub: %s: %+v", r.ID, r.Damage)
		}
	}
	if len(got.Reports) != len(a.old) {
		a.errorf(t, "the next scrub read %d versions", len(got.Reports))
	}
	must(t, os.WriteFile(pathOf(a.dir, a.mended, "Media/IMG_0000.JPG"), []byte(a.old[a.mended]["Media/IMG_0000.JPG"]), 0o600))
	if _, err := s.Scrub(t.Context(), udidA, 0); err != nil {
		a.errorf(t, "the scrub of what is whole again: %v", err)
	}
}

// checkAgain clears what a disk that failed has made of the marks.
func checkAgain(t *testing.T, a after, s *Store) {
	t.Helper()
	for id := range a.old {
		verify(t, s, find(t, s, id), Full)
	}
}
