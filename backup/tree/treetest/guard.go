package treetest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A Guard watches published versions: whatever happens around them, each of their
// files keeps its inode, time of change, mode and bytes from the first look on. What
// may change them is said with Forget. It is safe for concurrent use.
type Guard struct {
	// NoInodes is for file systems that give a file another one now and then: FUSE.
	NoInodes bool

	mu   sync.Mutex
	seen map[string]map[string]string // by the folder of the version
}

// totals are those of the whole test binary, so that a suite can say what it watched.
var totals struct{ versions, files, changes atomic.Int64 }

// Watched says what the guards of this process have watched, in one line.
func Watched() string {
	return fmt.Sprintf("published versions watched %d, files compared %d (inode, time, mode, bytes), changes %d",
		totals.versions.Load(), totals.files.Load(), totals.changes.Load())
}

// Look takes down every version in a folder of versions that was not there before,
// and holds the others against what they were. One that is gone was removed whole;
// whether it might be is the test's to say. What is no folder is no version. It
// reports whether nothing changed.
func (g *Guard) Look(t testing.TB, versions string) bool {
	t.Helper()
	entries, err := os.ReadDir(versions)
	if err != nil && !os.IsNotExist(err) {
		t.Errorf("look at %s: %v", versions, err)
		return false
	}
	same := true
	for _, e := range entries {
		if e.IsDir() {
			same = g.look(t, filepath.Join(versions, e.Name())) && same
		}
	}
	return same
}

// LookAll looks at the versions of every phone of a destination.
func (g *Guard) LookAll(t testing.TB, dest string) bool {
	t.Helper()
	folders, _ := filepath.Glob(filepath.Join(dest, ".homeport", "*", "versions"))
	same := true
	for _, dir := range folders {
		same = g.Look(t, dir) && same
	}
	return same
}

func (g *Guard) look(t testing.TB, dir string) bool {
	t.Helper()
	now, err := Prints(dir)
	if os.IsNotExist(err) { // removed meanwhile
		return true
	}
	if err != nil {
		t.Errorf("look at %s: %v", dir, err)
		return false
	}
	if g.NoInodes {
		for name, text := range now {
			_, now[name], _ = strings.Cut(text, " ")
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen == nil {
		g.seen = map[string]map[string]string{}
	}
	was, known := g.seen[dir]
	g.seen[dir] = now
	if !known {
		totals.versions.Add(1)
		return true
	}
	totals.files.Add(int64(len(was)))
	changes := compare(was, now)
	for _, c := range changes {
		t.Errorf("published version %s changed: %s", filepath.Base(dir), c)
	}
	totals.changes.Add(int64(len(changes)))
	return len(changes) == 0
}

// Forget lets the versions whose path has a prefix be something else at the next look:
// they were damaged or repaired.
func (g *Guard) Forget(prefix string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for dir := range g.seen {
		if strings.HasPrefix(dir, prefix) {
			delete(g.seen, dir)
		}
	}
}

func compare(was, now map[string]string) []string {
	var changes []string
	for name, text := range was {
		if now[name] != text {
			changes = append(changes, fmt.Sprintf("%s is %q, was %q", name, now[name], text))
		}
	}
	for name := range now {
		if _, ok := was[name]; !ok {
			changes = append(changes, name+" is new")
		}
	}
	return changes
}

// Prints describes every entry below dir but folders: inode, time of change, mode and
// the sum of its bytes, by its path below dir.
func Prints(dir string) (map[string]string, error) {
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum, err := sumOf(path, info)
		_, number, _ := strings.Cut(inode(info), "-") // a disk that is mounted again has another device
		all[path[len(dir):]] = fmt.Sprintf("%s %d %v %x", number, info.ModTime().UnixNano(), info.Mode(), sum)
		return err
	})
	return all, err
}

// sumOf is that of a file's bytes; a link or what else it is has none.
func sumOf(path string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}
