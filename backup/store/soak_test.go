package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"homeport/backup/tree"
	"homeport/backup/tree/treetest"
)

// soakSeed makes the days of the soak.
const soakSeed = 5

// TestStoreSoak lives through days of a store whose clock jumps years forth and
// back: runs go well, are cut, are killed, meet a disk that is full or fails, or a
// power cut at any moment; versions are damaged; policies remove. HOMEPORT_TEST_DAYS
// is how many days.
func TestStoreSoak(t *testing.T) {
	t.Parallel()
	days := 25
	if testing.Short() || raceDetector {
		days = 6
	}
	if s := os.Getenv("HOMEPORT_TEST_DAYS"); s != "" {
		var err error
		days, err = strconv.Atoi(s)
		must(t, err)
	}
	before := descriptorsNow()
	l := &soak{
		t: t, dir: fastDir(t), rng: rand.New(rand.NewPCG(soakSeed, 0)), now: testTime, boot: "boot 0",
		phone: numbered(8, "a"), known: map[VersionID]*soaked{}, did: map[string]int{},
	}
	for l.day = 0; l.day < days && !t.Failed(); l.day++ {
		for range 1 + l.rng.IntN(4) {
			l.step()
		}
	}
	t.Logf("seed %d: %d days, %v, versions made %d, removed by a policy %d, damaged %d, left %d; violations %d; descriptors %d and %d",
		soakSeed, l.day, l.did, l.made, l.pruned, l.damaged, len(l.known), l.violations, before, descriptorsNow())
}

// descriptorsNow counts what is open; 0 where the system does not tell. Other tests
// open files at the same time: the number says something when this one runs alone.
func descriptorsNow() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

// soaked is what is known of a version.
type soaked struct {
	holds   contents
	was     map[string]string
	damaged bool
}

type soak struct {
	t     *testing.T
	dir   string
	rng   *rand.Rand
	now   time.Time
	jump  time.Duration // of the clock, while it is wrong
	boot  string
	boots int
	phone contents
	known map[VersionID]*soaked
	guard treetest.Guard
	day   int

	did                               map[string]int
	made, pruned, damaged, violations int
}

func (l *soak) violated(format string, args ...any) {
	l.violations++
	l.t.Errorf("day %d, %v: "+format, append([]any{l.day, l.did}, args...)...)
}

func (l *soak) options(under tree.FS) Options {
	return Options{FS: under, boot: l.boot, Host: testHost, Now: func() time.Time { return l.now.Add(l.jump) }}
}

// step does one thing, some hours after the last, and looks at what there is.
func (l *soak) step() {
	l.now = l.now.Add(time.Duration(1+l.rng.IntN(12)) * time.Hour)
	switch l.rng.IntN(12) {
	case 0:
		l.jump = time.Duration(l.rng.IntN(20)-10) * 365 * 24 * time.Hour
		l.did["clock jumps"]++
	case 1:
		l.jump = 0
	}
	path := fmt.Sprintf("Media/IMG_%04d.JPG", l.rng.IntN(12))
	l.phone = l.phone.with(path, fmt.Sprintf("day %d %d", l.day, l.rng.Uint32()))
	what := []string{"runs", "runs", "runs", "cut", "killed", "broken disk", "full disk", "power cut", "prune", "damage"}[l.rng.IntN(10)]
	l.did[what]++
	rebuilt, gone := l.do(what)
	l.check(rebuilt, gone)
	if l.t.Failed() && l.violations == 0 { // told by holds or tidy
		l.violations++
	}
}

// do does it, and tells whether the disk was rebuilt, so that inodes are others, and
// whether versions may go.
func (l *soak) do(what string) (rebuilt, gone bool) {
	run := tellRun(l.phone)
	switch what {
	case "runs":
		if err := run(l.t, l.dir, l.options(tree.OS{})); err != nil {
			l.violated("a run with nothing in its way: %v", err)
		}
	case "cut":
		if err := tellKeep(l.phone)(l.t, l.dir, l.options(tree.OS{})); err != nil {
			l.violated("a run that was cut: %v", err)
		}
	case "killed", "broken disk", "full disk":
		m := modes[map[string]int{"killed": 0, "broken disk": 1 + l.rng.IntN(3), "full disk": 4 + l.rng.IntN(3)}[what]]
		faults := tree.NewFaults(tree.OS{})
		m.plan(faults, 1+l.rng.IntN(400))
		_ = run(l.t, l.dir, l.options(faults))
	case "power cut":
		l.powerCut(run)
		return true, false
	case "prune":
		l.prune()
		return false, true
	case "damage":
		l.damage()
	}
	return false, false
}

// powerCut cuts the power at some moment of a run, and goes on with the disk that
// this leaves, in another start of the system.
func (l *soak) powerCut(run func(*testing.T, string, Options) error) {
	disk, err := treetest.NewDisk(l.dir)
	must(l.t, err)
	if err := run(l.t, l.dir, l.options(disk)); err != nil {
		l.violated("a run with nothing in its way: %v", err)
	}
	how := treetest.Hows[1+l.rng.IntN(len(treetest.Hows)-1)]
	point := l.rng.IntN(disk.Points() + 1)
	img := disk.Crash(point, how, l.rng.Uint64())
	inherit(l.t, l.dir, l.dir, point)
	must(l.t, os.RemoveAll(l.dir))
	must(l.t, os.Mkdir(l.dir, 0o700))
	must(l.t, img.Write(l.dir))
	l.boots++
	l.boot = fmt.Sprint("boot ", l.boots)
}

// prune removes by a policy; what may not go is told by how many are left.
func (l *soak) prune() {
	s, err := Open(l.dir, l.options(tree.OS{}))
	must(l.t, err)
	defer s.Close()
	sound := l.sound(s)
	policy := Policy{Last: 1 + l.rng.IntN(3), Daily: l.rng.IntN(3), Weekly: l.rng.IntN(2)}
	if _, err := s.Prune(context.Background(), udidA, policy); err != nil {
		l.violated("prune: %v", err)
	}
	if left := l.sound(s); left < min(sound, policy.Last) {
		l.violated("prune by %+v left %d of %d sound versions", policy, left, sound)
	}
}

func (l *soak) sound(s *Store) int {
	vs, err := s.Versions(context.Background(), udidA)
	must(l.t, err)
	n := 0
	for _, v := range vs {
		if v.Sound() {
			n++
		}
	}
	return n
}

// damage cuts a file of some version short, and so what shares it.
func (l *soak) damage() {
	ids := []VersionID{}
	for id := range l.known {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return
	}
	l.guard.Forget(l.dir)
	slices.Sort(ids)
	path := l.path(ids[l.rng.IntN(len(ids))])
	found, err := filepath.Glob(filepath.Join(path, udidA, "??", "*"))
	must(l.t, err)
	must(l.t, os.Truncate(found[l.rng.IntN(len(found))], 1))
	for id, k := range l.known {
		if now := l.describe(id); fmt.Sprint(now) != fmt.Sprint(k.was) {
			k.was, k.damaged = now, true
			l.damaged++
		}
	}
}

func (l *soak) path(id VersionID) string {
	return filepath.Join(l.dir, homeName, udidA, versionsName, string(id))
}

func (l *soak) describe(id VersionID) map[string]string {
	got := map[string]string{}
	describe(l.t, got, l.path(id), "", true)
	return got
}

// check recovers, as the next start does, and holds everything against what is known.
func (l *soak) check(rebuilt, mayGo bool) {
	s, err := Open(l.dir, l.options(tree.OS{}))
	if err == nil {
		err = s.Recover(context.Background())
	}
	if err != nil {
		l.violated("recover: %v", err)
		return
	}
	defer s.Close()
	vs, err := s.Versions(context.Background(), udidA)
	must(l.t, err)
	there := map[VersionID]bool{}
	for i, v := range vs {
		there[v.ID] = true
		if l.known[v.ID] == nil {
			l.fresh(s, v, i)
			continue
		}
		l.unchanged(v, rebuilt)
	}
	if rebuilt { // its inodes are others
		l.guard.Forget(l.dir)
	}
	if !l.guard.LookAll(l.t, l.dir) {
		l.violations++
	}
	for id := range l.known {
		if there[id] {
			continue
		}
		delete(l.known, id)
		l.pruned++
		if !mayGo {
			l.violated("version %s is lost", id)
		}
	}
	after{template: &template{story: story{name: "soak"}}, dir: l.dir, point: "day " + strconv.Itoa(l.day)}.tidy(l.t, s, true)
}

// fresh wants a version that was not there to be the newest, and what the phone has.
func (l *soak) fresh(s *Store, v Version, place int) {
	l.made++
	l.known[v.ID] = &soaked{holds: l.phone, was: l.describe(v.ID)}
	if place != 0 {
		l.violated("the new version %s is in place %d", v.ID, place)
	}
	after{template: &template{story: story{name: "soak"}}, dir: l.dir, point: "day " + strconv.Itoa(l.day)}.holds(l.t, s, v, l.phone)
}

// unchanged wants a version to be what it was, but for damage that was done to it.
func (l *soak) unchanged(v Version, rebuilt bool) {
	k := l.known[v.ID]
	now := l.describe(v.ID)
	if rebuilt { // the inodes are others, the rest is not
		if got, want := withoutInodes(now), withoutInodes(k.was); fmt.Sprint(got) != fmt.Sprint(want) {
			l.violated("version %s changed over a power cut", v.ID)
		}
	} else if fmt.Sprint(now) != fmt.Sprint(k.was) {
		l.violated("version %s changed", v.ID)
	}
	k.was = now
	if !v.Sound() && !k.damaged {
		l.violated("version %s: %s", v.ID, v.Damage)
	}
}

func withoutInodes(files map[string]string) map[string]string {
	bare := map[string]string{}
	for name, text := range files {
		bare[name] = withoutInode(text)
	}
	return bare
}
