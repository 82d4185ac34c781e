package store

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
)

// A story is what is done to a store while everything around it breaks.
type story struct {
	name string
	// prepare makes the store that the story begins with.
	prepare func(t *testing.T, dir string) promise
	// tell does the story over a file system. What it returns is what the agent
	// would be told.
	tell func(t *testing.T, dir string, o Options) error
}

// promise is what holds after a story, however it was broken.
type promise struct {
	old     map[VersionID]contents // there, and what they were
	may     map[VersionID]contents // there and what they were, or gone
	gives   map[VersionID]contents // as may, and only gone when the newer one is there
	then    contents               // of the phone in the run after the story; nil for stateC
	stays   bool                   // gives go only to a run that comes after the story
	mirror  bool                   // the next run may replace versions too
	fresh   contents               // of the one newer version that may be there; nil for none
	partial bool                   // a partial may be left behind
	resumes bool                   // the partial that was there is gone on with
	pinned  VersionID              // its pin stays; "" for none
	mended  VersionID              // its files may get their bytes back; "" for none
	foreign bool                   // another computer's lease may be there
	// heal brings the versions to what they were, as a person does who is told of
	// damage; nil for none.
	heal func(t *testing.T, a after, s *Store)
}

// The contents of the phone as time goes by: changed, added, removed files.
func stateA(n int) contents { return numbered(n, "a") }
func stateB(n int) contents {
	c := numbered(n, "a").with("Media/IMG_0002.JPG", "changed").with("Media/new.JPG", "added").with("Media/empty.MOV", "")
	delete(c, "Media/IMG_0001.JPG")
	return c
}
func stateC(n int) contents { return stateB(n).with("Media/IMG_0003.JPG", "changed later") }

// stories are told about a phone with n files; in short mode not the last of these.
func stories(n int) []story {
	a, b := stateA(n), stateB(n)
	all := []story{
		{"first run", func(*testing.T, string) promise { return promise{fresh: b, partial: true} }, tellRun(b)},
		{"incremental", func(t *testing.T, dir string) promise {
			return promise{old: made(t, dir, a), fresh: b, partial: true}
		}, tellRun(b)},
		{"resumed", func(t *testing.T, dir string) promise {
			old := made(t, dir, a)
			leavePartial(t, dir, b)
			return promise{old: old, fresh: b, partial: true}
		}, tellRun(b)},
		{"kept", func(t *testing.T, dir string) promise {
			return promise{old: made(t, dir, a), partial: true}
		}, tellKeep(b)},
		{"prune", func(t *testing.T, dir string) promise {
			may, old := made(t, dir, a, b), made(t, dir, a)
			return promise{old: old, may: may}
		}, func(_ *testing.T, dir string, o Options) error {
			s, err := Open(dir, o)
			if err != nil {
				return err
			}
			defer s.Close()
			_, err = s.Prune(context.Background(), udidA, Policy{Last: 1})
			return err
		}},
		{"recovery", func(t *testing.T, dir string) promise {
			old := made(t, dir, a)
			leavePartial(t, dir, b)
			leaveRubbish(t, dir)
			return promise{old: old, partial: true, resumes: true}
		}, tellRecover},
		{"import of an older one", func(t *testing.T, dir string) promise {
			foundFolder(t, filepath.Join(dir, "found"), udidA, b, script{})
			return promise{old: made(t, dir, a), fresh: b}
		}, tellImport},
		{"import", func(t *testing.T, dir string) promise {
			foundFolder(t, filepath.Join(dir, "found"), udidA, b, script{})
			return promise{fresh: b}
		}, tellImport},
	}
	if testing.Short() {
		all = all[:len(all)-1]
	}
	return append(all, moreStories(n)...)
}

// tellImport imports the folder of another program.
func tellImport(_ *testing.T, dir string, o Options) error {
	s, err := Open(dir, o)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Import(context.Background(), filepath.Join(dir, "found", udidA), ImportOptions{})
	return err
}

// made makes versions of the phone and returns them.
func made(t *testing.T, dir string, cs ...contents) map[VersionID]contents {
	t.Helper()
	s, err := Open(dir, Options{})
	must(t, err)
	defer s.Close()
	all := map[VersionID]contents{}
	for _, c := range cs {
		all[backUp(t, s, udidA, c).ID] = c
	}
	return all
}

func leavePartial(t *testing.T, dir string, c contents) {
	t.Helper()
	s, err := Open(dir, Options{})
	must(t, err)
	defer s.Close()
	st := begin(t, s, udidA)
	fill(t, st, udidA, c, script{stopAfter: 2})
	must(t, st.Keep())
}

// leaveRubbish leaves what crashes leave: stages that nobody can go on with, trash,
// half-written files, a link that leads nowhere.
func leaveRubbish(t *testing.T, dir string) {
	t.Helper()
	home := filepath.Join(dir, homeName, udidA)
	must(t, os.MkdirAll(filepath.Join(home, stagingName, "20200101T000000Z-0001", "x"), 0o700))
	must(t, os.MkdirAll(filepath.Join(home, trashName, "20200101T000000Z-0000", "y"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, trashName, "20200101T000000Z-0000", "y", "z"), []byte("z"), 0o600))
	must(t, os.WriteFile(filepath.Join(home, marksName+freshSuffix), []byte("{"), 0o600))
	must(t, os.Remove(filepath.Join(dir, udidA)))
	must(t, os.Symlink(homeName+"/nowhere", filepath.Join(dir, udidA)))
}

func tellRecover(_ *testing.T, dir string, o Options) error {
	s, err := Open(dir, o)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Recover(context.Background())
}

// tellRun makes a version, and discards it when something fails, as the agent does
// when its disk has failed.
func tellRun(c contents) func(*testing.T, string, Options) error {
	return func(t *testing.T, dir string, o Options) error {
		s, err := Open(dir, o)
		if err != nil {
			return err
		}
		defer s.Close()
		st, err := s.Begin(context.Background(), udidA)
		if err != nil {
			return err
		}
		defer func() { _ = st.Discard() }()
		if err := engine(t, st, c, 0); err != nil {
			return caused(err, dir)
		}
		_, err = st.Publish(context.Background(), arrived)
		return err
	}
}

// tellKeep makes half a version and keeps it.
func tellKeep(c contents) func(*testing.T, string, Options) error {
	return func(t *testing.T, dir string, o Options) error {
		s, err := Open(dir, o)
		if err != nil {
			return err
		}
		defer s.Close()
		st, err := s.Begin(context.Background(), udidA)
		if err != nil {
			return err
		}
		if err := engine(t, st, c, 2); err != nil {
			_ = st.Discard()
			return caused(err, dir)
		}
		return st.Keep()
	}
}

// arrived is what an engine says that has received everything.
var arrived = backup.Result{Proof: backup.ProofReceived, Engine: "native"}

// engine is fill through the seam: it returns what goes wrong. After so many
// bodies it ends, as when the cable is pulled; 0 is never.
func engine(t *testing.T, st *Stage, c contents, stopAfter int) error {
	tr, err := tree.Open(st.Dir(), tree.WithFS(st.FS()))
	if err != nil {
		return err
	}
	defer tr.Close()
	bodies, believed, phone := bodiesOf(c), believes(st), memoryOf(st.phone.store.path)
	if st.Info().Resumes == 0 {
		phone.forget()
	}
	for _, body := range slices.Sorted(maps.Keys(bodies)) {
		if was, ok := believed[body]; ok && was == bodies[body] {
			continue
		}
		if phone.knows(body, bodies[body]) {
			relied.Add(1)
			continue
		}
		if err := writeBody(st, tr, udidA+"/"+body, []byte(bodies[body])); err != nil {
			return err
		}
		phone.add(body, bodies[body], pointOf(st.phone.store.options.FS))
		if stopAfter--; stopAfter == 0 {
			return nil
		}
	}
	if err := dropGone(st, tr, bodies); err != nil {
		return err
	}
	files := manifests(t, udidA, c, script{})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := writeBody(st, tr, udidA+"/"+name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

func bodiesOf(c contents) map[string]string {
	bodies := map[string]string{}
	for p, data := range c {
		bodies[mobilesync.NewFileID(domain, p).Body()] = data
	}
	return bodies
}

// believes is what a phone takes for granted that the host has: what the Manifest.db
// lists that it finds there. It looks at no body.
func believes(st *Stage) map[string]string {
	data, err := os.ReadFile(filepath.Join(st.Dir(), udidA, mobilesync.DatabaseFile))
	if err != nil {
		return nil
	}
	c, _ := listed.Load(string(data))
	was, _ := c.(contents)
	return bodiesOf(was)
}

// pointOf is how far a disk that remembers has come; 0 for any other.
func pointOf(fs tree.FS) int {
	if disk, ok := fs.(interface{ Points() int }); ok {
		return disk.Points()
	}
	return 0
}

func writeBody(st *Stage, tr *tree.Tree, path string, data []byte) error {
	r, err := tree.Parse(path)
	if err != nil {
		return err
	}
	if err := tr.MkdirAll(r.Parent()); err != nil {
		return err
	}
	b, err := tr.Create(r)
	if err != nil {
		return err
	}
	defer b.Abort()
	if _, err := b.Write(data); err != nil {
		return err
	}
	n, sum, err := b.Commit()
	if err == nil {
		st.Wrote(r, n, sum)
	}
	return err
}

func dropGone(st *Stage, tr *tree.Tree, bodies map[string]string) error {
	for _, body := range bodiesIn(st) {
		if _, ok := bodies[body]; ok {
			continue
		}
		r, err := tree.Parse(udidA + "/" + body)
		if err != nil {
			return err
		}
		if err := tr.Remove(r); err != nil {
			return err
		}
	}
	return nil
}

// inStage is where a body of a stage lies: in it, or in the base that shows through.
func inStage(st *Stage, body string) string {
	own := filepath.Join(st.Dir(), st.state.UDID, filepath.FromSlash(body))
	if !st.mirrors() {
		return own
	}
	dir, name := filepath.Split(own)
	for _, there := range []string{own, filepath.Join(dir, ".hp-gone-"+name), filepath.Clean(dir)[:len(dir)-3] + ".hp-gone-" + body[:2]} {
		if _, err := os.Lstat(there); err == nil {
			return own
		}
	}
	return filepath.Join(st.phone.versionPath(st.state.Base), st.state.BaseUDID, filepath.FromSlash(body))
}

// bodiesIn lists the bodies of a stage, in order.
func bodiesIn(st *Stage) []string {
	homes := []string{filepath.Join(st.Dir(), st.state.UDID)}
	if st.mirrors() {
		homes = append(homes, filepath.Join(st.phone.versionPath(st.state.Base), st.state.BaseUDID))
	}
	found := map[string]bool{}
	for _, home := range homes {
		_ = filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
			body, _ := filepath.Rel(home, path)
			if body = filepath.ToSlash(body); err == nil && !d.IsDir() && len(body) == 43 {
				if _, err := os.Lstat(inStage(st, body)); err == nil {
					found[body] = true
				}
			}
			return nil
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// template is the beginning of a story, made once and copied for each point.
type template struct {
	story
	promise
	image *treetest.Image
	dir   string // where it was made
	// compared counts the files of versions that were held against what they were.
	compared *atomic.Int64
}

// later is what the phone holds in the run after the story.
func (p promise) later(t *testing.T) contents {
	if p.then != nil {
		return p.then
	}
	return stateC(phoneFiles(t))
}

func newTemplate(t *testing.T, s story) *template {
	t.Helper()
	dir := fastDir(t)
	p := s.prepare(t, dir)
	disk, err := treetest.NewDisk(dir)
	must(t, err)
	return &template{s, p, disk.Crash(0, treetest.Killed, 0), dir, &atomic.Int64{}}
}

// copy makes a store as the story begins with, and tells what its versions are.
func (x *template) copy(t *testing.T) (dir string, was map[string]string) {
	t.Helper()
	dir = fastDir(t)
	must(t, x.image.Write(dir))
	inherit(t, dir, x.dir, 0)
	return dir, x.versions(t, dir, true)
}

// versions describes every file of the versions that the story promises.
func (x *template) versions(t *testing.T, dir string, inodes bool) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, ids := range []map[VersionID]contents{x.old, x.may, x.gives} {
		for id := range ids {
			path := filepath.Join(dir, homeName, udidA, versionsName, string(id))
			if _, err := os.Lstat(path); err == nil {
				describe(t, got, path, string(id), inodes)
			}
		}
	}
	return got
}

// describe adds time, mode, bytes and, if asked, the inode of every file below dir.
func describe(t *testing.T, got map[string]string, dir, as string, inodes bool) {
	t.Helper()
	for path, text := range snapshot(t, dir) {
		name, err := filepath.Rel(dir, path)
		must(t, err)
		if !inodes {
			text = withoutInode(text)
		}
		got[as+"/"+filepath.ToSlash(name)] = text
	}
}

// withoutInode drops the inode, which a snapshot begins with.
func withoutInode(text string) string {
	_, rest, _ := strings.Cut(text, " ")
	return rest
}
