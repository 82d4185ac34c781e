package store

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
)

// otherBoot is the start of the system after a power cut; another one adds to it.
const otherBoot = "after a power cut"

// powerCuts counts what the power cuts of a story left.
type powerCuts struct {
	mu                        sync.Mutex
	states, different, broken int
	seen                      map[[32]byte]bool
}

// isNew counts a disk, and says whether none like it was tried.
func (c *powerCuts) isNew(img *treetest.Image, tag string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states++
	key := img.Sum()
	for i := range tag {
		key[i%32] ^= tag[i]
	}
	if c.seen[key] {
		return false
	}
	c.seen[key] = true
	c.different++
	allCuts.points.Add(1)
	return true
}

// At each operation of each story the power fails, in each of the ways a disk may
// take that: what was not synced is lost, torn, zeroed or there in another order,
// bytes and names. The versions that were synced are there and what they were.
func TestPowerCutAtEachOperation(t *testing.T) {
	t.Parallel()
	for i, s := range allStories(phoneFiles(t)) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			x := newTemplate(t, s)
			r := x.record(t)
			sum := &powerCuts{seen: map[[32]byte]bool{}}
			ways := treetest.Hows
			if testing.Short() || raceDetector {
				ways = threeWays(i)
			}
			r.cut(t, sum, ways, sampled(r.disk.Points(), 12, 60), func(a after) { a.check(t) })
			t.Logf("%-11s on %s: %d points of the log, %d ways, seed %d: disks tried %d, of them different %d, promises broken %d",
				x.name, fileSystem(fastDir(t)), r.disk.Points(), len(ways), cutSeed, sum.states, sum.different, sum.broken)
		})
	}
}

// Recovery from a power cut is itself cut short by another, at each of its
// operations.
func TestPowerCutInRecovery(t *testing.T) {
	t.Parallel()
	for i, s := range allStories(phoneFiles(t)) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			x := newTemplate(t, s)
			r := x.record(t)
			first, sum := &powerCuts{seen: map[[32]byte]bool{}}, &powerCuts{seen: map[[32]byte]bool{}}
			few, ways := 1, treetest.Hows
			if everyPoint() {
				few = max(1, r.disk.Points()/40)
			} else {
				ways = threeWays(i)
			}
			if testing.Short() || raceDetector {
				ways = ways[i/3%3 : i/3%3+1]
			}
			step := max(1, r.disk.Points()/few/2)
			r.cut(t, first, ways, func(i int) bool { return i%step == step/2 }, func(a after) {
				again := a.recordRecovery(t)
				again.cut(t, sum, ways, sampled(again.disk.Points(), 12, 400), func(b after) {
					b.point = a.point + ", then " + b.point
					b.check(t)
				})
			})
			t.Logf("%-11s on %s: %d disks after a first cut, disks tried after a second %d, of them different %d, promises broken %d",
				x.name, fileSystem(fastDir(t)), first.different, sum.states, sum.different, sum.broken)
		})
	}
}

// threeWays are three of the nine, other ones for each of three stories.
func threeWays(i int) []treetest.How {
	h := treetest.Hows
	return []treetest.How{h[i%3], h[3+i%3], h[6+i%3]}
}

// cutSeed makes the choices of the disks.
const cutSeed = 1

// sampled picks the points to try: all of them when every point is asked for, else
// every so manieth, and fewer in short mode.
func sampled(points, many, few int) func(int) bool {
	step := many
	switch {
	case everyPoint():
		step = 1
	case testing.Short() || raceDetector:
		step = few
	}
	// The first step is another one for each length, so that stories differ.
	return func(i int) bool { return i%step == points%step }
}

// recording is a story that was told once over a disk that remembers.
type recording struct {
	*template
	dir  string
	disk *treetest.Disk
	was  map[string]string
	boot string // of the system that told it; "" for the real one
	end  int    // the point at which the story had ended well; beyond all if it did not
}

// record tells the story with nothing broken.
func (x *template) record(t *testing.T) *recording {
	t.Helper()
	dir, _ := x.copy(t)
	was := x.versions(t, dir, false)
	disk, err := treetest.NewDisk(dir)
	must(t, err)
	must(t, x.told(t, dir, Options{FS: disk, Host: testHost}))
	return &recording{x, dir, disk, was, "", disk.Points()}
}

// recordRecovery records what recovery does to the disk that a story left.
func (a after) recordRecovery(t *testing.T) *recording {
	t.Helper()
	disk, err := treetest.NewDisk(a.dir)
	must(t, err)
	err = tellRecover(t, a.dir, Options{FS: disk, boot: a.boot, Host: testHost})
	if err != nil {
		a.errorf(t, "recover: %v", err)
	}
	end := 1 << 30
	if a.done {
		end = 0
	}
	return &recording{a.template, a.dir, disk, a.was, a.boot, end}
}

// cut makes the disks that power cuts at the chosen points leave, in these ways, and
// hands those that differ to try.
func (r *recording) cut(t *testing.T, sum *powerCuts, ways []treetest.How, chosen func(int) bool, try func(after)) {
	t.Helper()
	var g errgroup.Group
	g.SetLimit(2)
	for point := range r.disk.Points() + 1 {
		if !chosen(point) && point != r.disk.Points() {
			continue
		}
		for _, how := range ways {
			done := point >= r.end
			img := r.disk.Crash(point, how, cutSeed)
			if !sum.isNew(img, fmt.Sprint(done, how == treetest.Killed)) {
				continue
			}
			g.Go(func() error {
				a := r.left(t, img, point, how, done)
				defer os.RemoveAll(a.dir)
				before := t.Failed()
				try(a)
				if !before && t.Failed() {
					sum.mu.Lock()
					sum.broken++
					allCuts.broken.Add(1)
					sum.mu.Unlock()
				}
				return nil
			})
		}
	}
	_ = g.Wait()
}

// left puts a disk where the next start of the agent finds it.
func (r *recording) left(t *testing.T, img *treetest.Image, point int, how treetest.How, done bool) after {
	t.Helper()
	dir := fastDir(t)
	must(t, img.Write(dir))
	inherit(t, dir, r.dir, point)
	was := map[string]string{}
	for k, v := range r.was {
		was[k] = v
	}
	boot := r.boot
	if how != treetest.Killed {
		boot += otherBoot
	}
	return after{
		template: r.template, dir: dir, was: was, boot: boot, done: done, next: r.later(t),
		point: fmt.Sprintf("%s after %s", how, r.disk.Point(point)),
	}
}

// The disk of the power cuts would show a store that does not sync: the same
// stories over a disk whose syncs do nothing lose versions.
func TestPowerCutsWouldShow(t *testing.T) {
	t.Parallel()
	x := newTemplate(t, stories(8)[1])
	dir, _ := x.copy(t)
	disk, err := treetest.NewDisk(dir)
	must(t, err)
	must(t, x.told(t, dir, Options{FS: lazy{disk}, Host: testHost}))
	lost := 0
	for _, how := range treetest.Hows {
		after := fastDir(t)
		must(t, disk.Crash(disk.Points(), how, cutSeed).Write(after))
		s, err := Open(after, Options{boot: otherBoot, Host: testHost})
		must(t, err)
		_ = s.Recover(t.Context())
		vs, err := s.Versions(t.Context(), udidA)
		must(t, err)
		if len(vs) < 2 || !vs[0].Sound() || !verify(t, s, vs[0], Full).OK {
			lost++
		}
		s.Close()
	}
	if lost < 4 {
		t.Errorf("without a sync only %d of %d power cuts cost a version", lost, len(treetest.Hows))
	}
}

// lazy is a file system that only says that it syncs.
type lazy struct{ tree.FS }

func (l lazy) OpenDir(path string) (tree.Dir, error) {
	d, err := l.FS.OpenDir(path)
	return lazyDir{d}, err
}

type lazyDir struct{ tree.Dir }

func (d lazyDir) OpenDir(name string) (tree.Dir, error) {
	sub, err := d.Dir.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return lazyDir{sub}, nil
}

func (d lazyDir) Create(name string) (tree.File, error) {
	f, err := d.Dir.Create(name)
	if err != nil {
		return nil, err
	}
	return lazyFile{f}, nil
}

func (d lazyDir) Rename(name string, to tree.Dir, newName string) error {
	return d.Dir.Rename(name, to.(lazyDir).Dir, newName)
}

func (d lazyDir) RenameNew(name string, to tree.Dir, newName string) error {
	return d.Dir.RenameNew(name, to.(lazyDir).Dir, newName)
}

func (d lazyDir) Link(name string, to tree.Dir, newName string) error {
	return d.Dir.Link(name, to.(lazyDir).Dir, newName)
}

func (d lazyDir) Clone(name string, to tree.Dir, newName string) error {
	return d.Dir.Clone(name, to.(lazyDir).Dir, newName)
}

func (d lazyDir) Sync() error       { return nil }
func (d lazyDir) SyncVolume() error { return nil }

type lazyFile struct{ tree.File }

func (lazyFile) Sync() error { return nil }
