package treetest

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"homeport/backup/tree"
)

// seen reads a folder through a file system.
func seen(t *testing.T, d tree.Dir, prefix string, m model) {
	t.Helper()
	names, err := d.Names()
	must(t, err)
	for _, n := range names {
		i, err := d.Lstat(n)
		must(t, err)
		if _, twice := m[prefix+n]; twice {
			t.Errorf("%s is listed twice", prefix+n)
		}
		m[prefix+n] = ""
		if !i.Dir() {
			f, err := d.Open(n)
			must(t, err)
			data, err := io.ReadAll(f)
			must(t, err)
			must(t, f.Close())
			m[prefix+n] = string(data)
			continue
		}
		sub, err := d.OpenDir(n)
		must(t, err)
		seen(t, sub, prefix+n+"/", m)
		must(t, sub.Close())
	}
}

// A folder seen over another does, under random operations, what one folder would;
// the one below is never changed, and all that is known stands in files.
func TestRandomOperationsOnAnOverlay(t *testing.T) {
	t.Parallel()
	rounds, steps := 6, 150
	if os.Getenv("HOMEPORT_TEST_CRASH") == "all" {
		rounds, steps = 400, 250
	}
	for _, name := range slices.Sorted(maps.Keys(variants)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worked := 0
			for seed := range uint64(rounds) {
				worked += playOverlay(t, variants[name], seed, steps)
			}
			t.Logf("seeds 0 to %d: %d operations, %d of them worked, differences 0", rounds-1, rounds*steps, worked)
			if worked < rounds*steps/10 {
				t.Error("hardly an operation worked: the paths do not meet")
			}
		})
	}
}

func playOverlay(t *testing.T, l Limits, seed uint64, steps int) (worked int) {
	t.Helper()
	root := t.TempDir()
	defer os.RemoveAll(root)
	below, dir := filepath.Join(root, "old", "B"), filepath.Join(root, "new")
	must(t, os.MkdirAll(below, 0o700))
	must(t, os.MkdirAll(filepath.Join(dir, "A"), 0o700))
	m, rng := model{}, rand.New(rand.NewPCG(seed, 7))
	under := Limited(tree.OS{}, l)
	before, err := tree.Open(below, tree.WithFS(under))
	must(t, err)
	defer before.Close()
	lower := &player{t, before, m, rng}
	for i := range steps / 2 {
		if what, works, err := lower.step(i); works != (err == nil) {
			t.Fatalf("seed %d, below, step %d: %s: %v", seed, i, what, err)
		}
	}
	was := onDisk(t, below)
	over := tree.Overlay(under, dir, "A", below)
	p := &player{t, nil, m, rng}
	for i := range steps {
		if i%20 == 0 { // another process, which has only the files
			if p.tr != nil {
				must(t, p.tr.Close())
			}
			p.tr, err = tree.Open(filepath.Join(dir, "A"), tree.WithFS(over))
			must(t, err)
		}
		what, works, err := p.step(i)
		if works != (err == nil) {
			t.Fatalf("seed %d, step %d: %s: %v", seed, i, what, err)
		}
		if works {
			worked++
		}
		got := model{}
		top, err := over.OpenDir(dir)
		must(t, err)
		seen(t, top, "", got)
		must(t, top.Close())
		delete(got, "A")
		want := model{}
		for q, v := range m {
			want["A/"+q] = v
		}
		if !maps.Equal(got, want) {
			t.Fatalf("seed %d, step %d: after %s the overlay shows %q, want %q", seed, i, what, got, want)
		}
	}
	must(t, p.tr.Close())
	if now := onDisk(t, below); !maps.Equal(now, was) {
		t.Fatalf("seed %d: below is %q, was %q", seed, now, was)
	}
	return worked
}

// The folder itself goes and comes again, as when a phone begins anew: one note hides
// all of what is below.
func TestOverlayBeginsAnew(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	below, dir := filepath.Join(root, "old", "B"), filepath.Join(root, "new")
	must(t, os.MkdirAll(filepath.Join(below, "ab"), 0o700))
	must(t, os.MkdirAll(filepath.Join(dir, "A"), 0o700))
	for i := range 50 {
		must(t, os.WriteFile(filepath.Join(below, "ab", fmt.Sprint(i)), []byte("old"), 0o600))
	}
	tr, err := tree.Open(dir, tree.WithFS(tree.Overlay(tree.OS{}, dir, "A", below)))
	must(t, err)
	defer tr.Close()
	must(t, tr.Remove(rel(t, "A")))
	must(t, tr.MkdirAll(rel(t, "A/ab")))
	write(t, tr, "A/ab/0", "new")
	got := onDisk(t, dir)
	if len(got) != 4 || got["A/ab/0"] != "new" {
		t.Errorf("the folder above holds %q", got)
	}
	entries, err := tr.List(rel(t, "A/ab"))
	if err != nil || len(entries) != 1 {
		t.Errorf("listed %v, %v", entries, err)
	}
	if len(onDisk(t, below)) != 51 {
		t.Error("what is below was changed")
	}
}
