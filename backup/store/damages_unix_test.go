//go:build unix

package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
)

// injury is one damage to a version.
type injury struct {
	class string
	do    func(v Version) error
	path  string // that the report has to name, below the version; "" for the store
	named string // and what the phone calls it
	eio   bool   // path cannot be read: the file system says so
}

// caught counts injuries of one class.
type caught struct{ tried, found, named int }

// Every class of damage to every kind of file is found, and the file named. A sample
// of them runs always; all with HOMEPORT_TEST_CRASH=all.
func TestEveryDamageIsFound(t *testing.T) {
	t.Parallel()
	dir := fastDir(t)
	s, err := Open(dir, Options{})
	must(t, err)
	c := injured()
	other := backUp(t, s, udidA, numbered(3, "other"))
	v := backUp(t, s, udidA, c)
	must(t, s.Pin(other, "asked")) // so that there are marks to lose
	must(t, s.Close())
	list := injuries(t, v, other)
	if len(list) < 300 {
		t.Errorf("only %d injuries", len(list))
	}
	step := 9
	switch {
	case everyPoint():
		step = 1
	case testing.Short() || raceDetector:
		step = 60
	}
	var mu sync.Mutex
	counts := map[string]*caught{}
	var g errgroup.Group
	g.SetLimit(4)
	for i, in := range list {
		if i%step != 0 && (i == 0 || list[i-1].class == in.class) {
			continue // but the first of each class always
		}
		g.Go(func() error {
			found, named, err := injure(t, dir, v, in)
			mu.Lock()
			defer mu.Unlock()
			if counts[in.class] == nil {
				counts[in.class] = &caught{}
			}
			counts[in.class].tried++
			if found {
				counts[in.class].found++
			}
			if named {
				counts[in.class].named++
			} else {
				t.Errorf("%s of %s: found %v, named %v", in.class, in.path, found, named)
			}
			return err
		})
	}
	must(t, g.Wait())
	printCaught(t, counts)
}

func printCaught(t *testing.T, counts map[string]*caught) {
	var sum caught
	var names []string
	for n, c := range counts {
		names = append(names, n)
		sum.tried, sum.found, sum.named = sum.tried+c.tried, sum.found+c.found, sum.named+c.named
	}
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintf(&b, "%-42s %6s %6s %6s\n", "class", "tried", "found", "named")
	for _, n := range names {
		c := counts[n]
		fmt.Fprintf(&b, "%-42s %6d %6d %6d\n", n, c.tried, c.found, c.named)
	}
	fmt.Fprintf(&b, "%-42s %6d %6d %6d", fmt.Sprintf("%d classes", len(names)), sum.tried, sum.found, sum.named)
	t.Log("\n" + b.String())
}

// injure does one damage to a copy of the store and says whether a full check finds
// it and names the file.
func injure(t *testing.T, from string, v Version, in injury) (found, named bool, err error) {
	t.Helper()
	dir := fastDir(t)
	defer os.RemoveAll(dir)
	if err := copyTree(from, dir); err != nil {
		return false, false, err
	}
	v.Path = strings.Replace(v.Path, from, dir, 1)
	if in.do != nil {
		if err := in.do(v); err != nil {
			return false, false, err
		}
	}
	fs := tree.FS(tree.OS{})
	if in.eio {
		fs = unreadable(t, dir, v, in.path)
	}
	s, err := Open(dir, Options{FS: fs})
	if err != nil {
		return false, false, err
	}
	defer s.Close()
	if in.path == marksName {
		// Nothing says what was there: all is kept, and it is told.
		err := s.Recover(t.Context())
		list, lerr := s.Versions(t.Context(), udidA)
		kept := err == nil && lerr == nil && len(list) == 2 && list[0].Pinned && list[1].Pinned
		return kept, kept, nil
	}
	r, err := s.Verify(t.Context(), v, Full, nil)
	if err != nil {
		return false, false, err
	}
	got, err := s.Find(t.Context(), v.ID)
	return !r.OK && err == nil && !got.Sound(), namesFile(r, in), nil
}

func namesFile(r Report, in injury) bool {
	return slices.ContainsFunc(r.Damage, func(d mobilesync.Damage) bool {
		return (d.Path == in.path || strings.HasPrefix(d.Path, in.path+"/")) && (in.named == "" || d.RelativePath == in.named && d.Domain == domain)
	})
}

// unreadable is a file system on which reading one file of a version fails.
func unreadable(t *testing.T, dir string, v Version, path string) tree.FS {
	t.Helper()
	probe := tree.NewFaults(tree.OS{})
	s, err := Open(dir, Options{FS: probe})
	must(t, err)
	_, err = s.Verify(t.Context(), v, Full, nil)
	must(t, err)
	must(t, s.Close())
	n := slices.IndexFunc(probe.Log(), func(op string) bool {
		return strings.HasPrefix(op, "read ") && strings.HasSuffix(op, string(v.ID)+"/"+path)
	})
	if n < 0 {
		t.Errorf("nobody reads %s", path)
	}
	faults := tree.NewFaults(tree.OS{})
	faults.FailAt(n+1, errDisk)
	return faults
}

// copyTree copies files, folders and links.
func copyTree(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		src, dst := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		switch {
		case e.IsDir():
			if err = os.MkdirAll(dst, 0o700); err == nil {
				err = copyTree(src, dst)
			}
		case e.Type()&os.ModeSymlink != 0:
			var target string
			if target, err = os.Readlink(src); err == nil {
				err = os.Symlink(target, dst)
			}
		default:
			var data []byte
			if data, err = os.ReadFile(src); err == nil {
				err = os.WriteFile(dst, data, 0o600)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// injured is what the phone has whose version is damaged: bodies of several sizes,
// and some of one size.
func injured() contents {
	return numbered(12, "a").
		with("Media/big.MOV", string(bytes.Repeat([]byte("big"), 5000))).
		with("Media/twin1.JPG", "twin one").with("Media/twin2.JPG", "twin two").with("Media/twin3.JPG", "twin 333").
		with("Media/one", "1")
}

// Sound versions, however they came to be and however they are checked, are never
// called damaged. 200 checks with HOMEPORT_TEST_CRASH=all.
func TestNoFalseAlarms(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	n := 24
	if everyPoint() {
		n = 200
	}
	c := injured()
	checks := 0
	for round := 0; checks < n; round++ {
		c = c.with("Media/new.JPG", fmt.Sprint("round ", round))
		switch round % 4 {
		case 1:
			c = c.with("Media/gone.JPG", "x").with("Media/empty", "")
		case 2:
			delete(c, "Media/gone.JPG")
		case 3:
			rotten, err := s.Find(t.Context(), newest(t, s))
			must(t, err)
			must(t, os.Remove(bodyAt(rotten, "Media/big.MOV")))
			if r := repair(t, s, rotten); !r.OK {
				t.Fatalf("%+v", r)
			}
		}
		backUp(t, s, udidA, c)
		_, err := s.Prune(t.Context(), udidA, Policy{Last: 3})
		must(t, err)
		vs, err := s.Versions(t.Context(), udidA)
		must(t, err)
		for i, v := range vs {
			level := []Level{Quick, Full}[(i+round)%2]
			if r := verify(t, s, v, level); !r.OK {
				t.Errorf("round %d, %s, %s: %+v", round, v.ID, level, r.Damage)
			}
			checks++
		}
		if round%5 == 0 {
			for _, r := range scrub(t, s).Reports {
				if !r.OK {
					t.Errorf("round %d, scrub: %+v", round, r)
				}
				checks++
			}
		}
	}
	t.Logf("%d checks of sound versions, 0 alarms wanted", checks)
}
