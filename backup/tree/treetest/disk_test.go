package treetest

import (
	"os"
	"path/filepath"
	"testing"

	"homeport/backup/tree"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func rel(t testing.TB, path string) tree.Rel {
	t.Helper()
	r, err := tree.Parse(path)
	must(t, err)
	return r
}

func write(t testing.TB, tr *tree.Tree, path, text string) {
	t.Helper()
	b, err := tr.Create(rel(t, path))
	must(t, err)
	_, err = b.Write([]byte(text))
	must(t, err)
	_, _, err = b.Commit()
	must(t, err)
}

// read gives what a file of the disk holds after a crash, or "none".
func read(t testing.TB, d *Disk, how How, seed uint64, path string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, d.Crash(d.Points(), how, seed).Write(dir))
	data, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		return "none"
	}
	return string(data)
}

// What was synced is there after every crash; what was not may be lost in each of
// the ways that the words promise, or the disk would prove nothing.
func TestWhatACrashLeaves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "old"), []byte("old"), 0o600))
	must(t, os.Link(filepath.Join(dir, "old"), filepath.Join(dir, "twin")))
	d, err := NewDisk(dir)
	must(t, err)
	tr, err := tree.Open(dir, tree.WithFS(d))
	must(t, err)
	defer tr.Close()
	write(t, tr, "a", "first")
	must(t, tr.Sync())
	for _, how := range Hows {
		if a, old := read(t, d, how, 1, "a"), read(t, d, how, 1, "old"); a != "first" || old != "old" {
			t.Errorf("%s: after a sync a is %q, old is %q", how, a, old)
		}
	}
	write(t, tr, "a", "second")
	for how, want := range map[How]string{Killed: "second", Synced: "first", Empty: "", Zeros: "\x00\x00\x00\x00\x00\x00", Nameless: "first", LastLost: "first"} {
		if got := read(t, d, how, 1, "a"); got != want {
			t.Errorf("%s: a is %q, want %q", how, got, want)
		}
	}
	seen := map[string]bool{}
	for seed := range uint64(64) {
		seen[read(t, d, Torn512, seed, "a")] = true
	}
	if !seen["first"] || !seen["second"] || !seen[""] || len(seen) < 4 {
		t.Errorf("torn: a was %v", seen)
	}
	once, again := d.Crash(d.Points(), Torn512, 7), d.Crash(d.Points(), Torn512, 7)
	if once.Sum() != again.Sum() {
		t.Error("the same seed made two disks")
	}
	must(t, tr.SyncDir(tree.Rel{}))
	if got := read(t, d, Synced, 1, "a"); got != "" {
		t.Errorf("a synced name brought in bytes: %q", got)
	}
	info, err := os.Stat(filepath.Join(dir, "old"))
	must(t, err)
	twin, err := os.Stat(filepath.Join(dir, "twin"))
	must(t, err)
	if !os.SameFile(info, twin) {
		t.Error("two names of one file became two files")
	}
}
