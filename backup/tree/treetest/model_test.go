package treetest

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/backup/tree"
)

// variants are file systems that a destination can be on.
var variants = map[string]Limits{
	"everything":  {},
	"no reflinks": {NoReflinks: true},
	"exfat":       {NoReflinks: true, NoLinks: true, NoSymlinks: true, FoldCase: true},
	"fold case":   {FoldCase: true},
	"few links":   {NoReflinks: true, MaxLinks: 2},
}

// model is what a tree should hold: "" for a folder, else the bytes.
type model map[string]string

func parent(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return ""
}

func (m model) dir(p string) bool  { v, ok := m[p]; return p == "" || ok && v == "" }
func (m model) file(p string) bool { return m[p] != "" }
func (m model) has(p string) bool  { _, ok := m[p]; return ok }

// empty tells whether a folder holds nothing.
func (m model) empty(p string) bool {
	for q := range m {
		if strings.HasPrefix(q, p+"/") {
			return false
		}
	}
	return true
}

// move gives all that is at src the place dst.
func (m model) move(src, dst string) {
	for q, v := range maps.Clone(m) {
		if q == src || strings.HasPrefix(q, src+"/") {
			delete(m, q)
			m[dst+strings.TrimPrefix(q, src)] = v
		}
	}
}

func (m model) remove(p string) {
	for q := range maps.Clone(m) {
		if q == p || strings.HasPrefix(q, p+"/") {
			delete(m, q)
		}
	}
}

// player does random operations to a tree and to the model of it.
type player struct {
	t   *testing.T
	tr  *tree.Tree
	m   model
	rng *rand.Rand
}

// path makes up a path of one to three components. Each has one spelling, or the
// tree would rightly refuse twins on every file system.
func (p *player) path() string {
	names := []string{"ab", "Media", "f1", "G", "00"}
	parts := make([]string, 1+p.rng.IntN(3))
	for i := range parts {
		parts[i] = names[p.rng.IntN(len(names))]
	}
	return strings.Join(parts, "/")
}

// step does one operation, and tells what and whether the model says that it works.
func (p *player) step(i int) (what string, works bool, err error) {
	m, a, b := p.m, p.path(), p.path()
	ra, rb := rel(p.t, a), rel(p.t, b)
	apart := a != b && !strings.HasPrefix(a, b+"/") && !strings.HasPrefix(b, a+"/")
	switch p.rng.IntN(6) {
	case 0:
		if works = m.dir(parent(a)) && !m.has(a); works {
			m[a] = ""
		}
		return "mkdir " + a, works, p.tr.Mkdir(ra)
	case 1, 2:
		works = m.dir(parent(a)) && !(m.has(a) && m.dir(a))
		text := fmt.Sprint("body ", i)
		if works {
			m[a] = text
		}
		return "write " + a, works, p.body(ra, text)
	case 3:
		works = apart && m.has(a) && m.dir(parent(b))
		if m.file(a) {
			works = works && !(m.has(b) && m.dir(b))
		} else {
			works = works && !m.file(b) && m.empty(b) && strings.Count(b, "/") <= strings.Count(a, "/")
		}
		if works {
			m.remove(b)
			m.move(a, b)
		}
		if a == b {
			works = m.has(a)
		}
		return "rename " + a + " " + b, works, p.tr.Rename(ra, rb)
	case 4:
		works = m.has(a)
		m.remove(a)
		return "remove " + a, works, p.tr.Remove(ra)
	}
	if works = m.file(a) && m.dir(parent(b)) && !m.has(b); works {
		m[b] = m[a]
	}
	_, err = p.tr.CloneFile(p.tr, ra, rb, tree.Reflink)
	return "clone " + a + " " + b, works, err
}

func (p *player) body(r tree.Rel, text string) error {
	b, err := p.tr.Create(r)
	if err != nil {
		return err
	}
	defer b.Abort()
	if _, err := b.Write([]byte(text)); err != nil {
		return err
	}
	_, _, err = b.Commit()
	return err
}

// onDisk reads what the folder really holds.
func onDisk(t *testing.T, dir string) model {
	t.Helper()
	m := model{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		m[filepath.ToSlash(name)] = ""
		if !d.IsDir() {
			data, err := os.ReadFile(path)
			m[filepath.ToSlash(name)] = string(data)
			return err
		}
		return nil
	}))
	return m
}

// TestRandomOperations does random operations on each kind of file system and
// wants after each what a simple model says: on all of them the same. At the end
// the disk's own image of a killed machine is the folder.
func TestRandomOperations(t *testing.T) {
	t.Parallel()
	rounds, steps := 4, 150
	if os.Getenv("HOMEPORT_TEST_CRASH") == "all" {
		rounds, steps = 400, 250
	}
	for _, name := range slices.Sorted(maps.Keys(variants)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worked := 0
			for seed := range uint64(rounds) {
				worked += playRandom(t, variants[name], seed, steps)
				if t.Failed() {
					return
				}
			}
			t.Logf("seeds 0 to %d: %d operations, %d of them worked, differences 0", rounds-1, rounds*steps, worked)
			if worked < rounds*steps/10 {
				t.Error("hardly an operation worked: the paths do not meet")
			}
		})
	}
}

func playRandom(t *testing.T, l Limits, seed uint64, steps int) (worked int) {
	t.Helper()
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	disk, err := NewDisk(dir)
	must(t, err)
	tr, err := tree.Open(dir, tree.WithFS(Limited(disk, l)))
	must(t, err)
	defer tr.Close()
	p := &player{t, tr, model{}, rand.New(rand.NewPCG(seed, 0))}
	for i := range steps {
		what, works, err := p.step(i)
		if works != (err == nil) {
			t.Fatalf("seed %d, step %d: %s: %v", seed, i, what, err)
		}
		if works {
			worked++
		}
		if got := onDisk(t, dir); !maps.Equal(got, p.m) {
			t.Fatalf("seed %d, step %d: after %s the disk holds %q, want %q", seed, i, what, got, p.m)
		}
	}
	image := t.TempDir()
	defer os.RemoveAll(image)
	must(t, disk.Crash(disk.Points(), Killed, seed).Write(image))
	if got := onDisk(t, image); !maps.Equal(got, p.m) {
		t.Errorf("seed %d: the image holds %q, want %q", seed, got, p.m)
	}
	return worked
}

// TestLimits proves that each limit bites.
func TestLimits(t *testing.T) {
	t.Parallel()
	open := func(l Limits) *tree.Tree {
		tr, err := tree.Open(t.TempDir(), tree.WithFS(Limited(tree.OS{}, l)))
		must(t, err)
		t.Cleanup(func() { tr.Close() })
		return tr
	}
	tr := open(Limits{NoReplace: true})
	write(t, tr, "a", "1")
	if b, err := tr.Create(rel(t, "a")); err != nil {
		t.Error(err)
	} else if _, _, err := b.Commit(); err == nil {
		t.Error("a rename replaced")
	}
	tr = open(Limits{MaxFile: 4})
	write(t, tr, "a", "1234")
	b, err := tr.Create(rel(t, "b"))
	must(t, err)
	if n, err := b.Write([]byte("12345")); n != 4 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	b.Abort()
	for name, want := range map[string]tree.Strategy{"no reflinks": tree.HardLink, "exfat": tree.FullCopy} {
		tr = open(variants[name])
		write(t, tr, "a", "1")
		if got, err := tr.CloneFile(tr, rel(t, "a"), rel(t, "b"), tree.Reflink); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	tr = open(variants["fold case"])
	write(t, tr, "Foo", "1")
	other, err := tree.Open(tr.Dir(), tree.WithFS(Limited(tree.OS{}, variants["fold case"])))
	must(t, err)
	defer other.Close()
	if _, err := other.Lstat(rel(t, "fOO")); err != nil {
		t.Error(err)
	}
	if err := other.Mkdir(rel(t, "fOO")); err == nil {
		t.Error("two names of one spelling")
	}
}
