package contents

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestKnownIDs(t *testing.T) {
	t.Parallel()
	v := New(Config{Seed: 1}).View()
	for path, want := range map[string]string{
		"Library/SMS/sms.db":                       "3d0d7e5fb2ce288813306e4d4636395e047a3d28",
		"Library/AddressBook/AddressBook.sqlitedb": "31bb7ba8914766d4ba40d6dfb6113c8b614be442",
	} {
		id := sha1.Sum([]byte("HomeDomain-" + path))
		if hex.EncodeToString(id[:]) != want {
			t.Fatalf("%s: the test itself is wrong", path)
		}
		i, ok := v.Find(id)
		if !ok {
			t.Fatalf("%s is not on the phone", path)
		}
		if _, got := v.Names(i); got != path {
			t.Errorf("row %d is %q, want %q", i, got, path)
		}
	}
}

func TestIDsDiffer(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 2, Files: 50000})
	c.Add(3000)
	c.Add(10)
	v := c.View()
	order := v.ByID()
	for k := 1; k < len(order); k++ {
		if compareIDs(&v.ids[order[k-1]], &v.ids[order[k]]) >= 0 {
			a, b := int(order[k-1]), int(order[k])
			da, pa := v.Names(a)
			db, pb := v.Names(b)
			t.Fatalf("rows %d (%s %q) and %d (%s %q) share an id or are not in order", a, da, pa, b, db, pb)
		}
	}
}

func TestSizesAddUp(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{
		{Seed: 1}, {Seed: 2, Profile: Large, Bytes: 1 << 30}, {Seed: 3, Profile: Small, Files: 321, Bytes: 77777},
		{Seed: 4, Files: 3, Bytes: 10}, {Seed: 5, Files: 500, Bytes: 40 << 20},
	} {
		c := New(cfg)
		c.Modify(30)
		c.Add(7)
		c.Delete(20)
		c.Modify(5)
		for n := range 5 {
			v := c.At(n)
			var files int
			var bytes int64
			for i := range v.Len() {
				if v.Live(i) && v.Row(i).Kind == File {
					files++
					bytes += v.Row(i).Size
					if v.Row(i).Size < 0 {
						t.Fatalf("%+v: row %d has size %d", cfg, i, v.Row(i).Size)
					}
				}
			}
			if files != v.Files() || bytes != v.Bytes() {
				t.Errorf("%+v after %d: %d files, %d bytes counted; says %d, %d", cfg, n, files, bytes, v.Files(), v.Bytes())
			}
			if n == 0 && (cfg.Files > 0 && files != cfg.Files || cfg.Bytes > 0 && bytes != cfg.Bytes) {
				t.Errorf("%+v: %d files, %d bytes", cfg, files, bytes)
			}
		}
	}
}

// state is all that can be seen of a view.
func state(v *View) string {
	var b strings.Builder
	for i := range v.Len() {
		if !v.Live(i) {
			continue
		}
		domain, path := v.Names(i)
		fmt.Fprintln(&b, i, domain, path, v.Target(i), v.Row(i))
		if v.Row(i).Kind == File {
			first := make([]byte, 100)
			n, _ := v.Body(i).ReadAt(first, 0)
			fmt.Fprintf(&b, "%x\n", first[:n])
		}
	}
	return b.String()
}

func TestChanges(t *testing.T) {
	t.Parallel()
	cfg := Config{Seed: 6, Files: 400}
	changes := []func(*Contents) int{
		func(c *Contents) int { return c.Modify(50) },
		func(c *Contents) int { return c.Delete(60) },
		func(c *Contents) int { return c.Add(20) },
		func(c *Contents) int { return c.Modify(1000) },
		func(c *Contents) int { return c.Delete(0) },
		func(c *Contents) int { return c.Add(0) },
		func(c *Contents) int { return c.Delete(1000) },
	}
	touched := []int{50, 60, 20, 360, 0, 0, 360}
	a, b := New(cfg), New(cfg)
	states := []string{state(a.View())}
	views := []*View{a.View()}
	for k, do := range changes {
		if n := do(a); n != touched[k] {
			t.Errorf("change %d touched %d rows, want %d", k+1, n, touched[k])
		}
		do(b)
		states = append(states, state(a.View()))
		views = append(views, a.View())
	}
	for n, want := range states {
		if state(views[n]) != want {
			t.Errorf("the view after %d changes changed", n)
		}
		if state(a.At(n)) != want || state(b.At(n)) != want {
			t.Errorf("after %d changes: another state than before", n)
		}
		if n > 0 && touched[n-1] > 0 && want == states[n-1] {
			t.Errorf("change %d changed nothing", n)
		}
	}
	if a.At(-1) != nil || a.At(len(states)) != nil {
		t.Error("a state that never was")
	}
	if v := a.View(); v.Files() != 0 || v.Bytes() != 0 || v.Changes() != len(changes) {
		t.Errorf("at the end: %d files, %d bytes", v.Files(), v.Bytes())
	}
	if state(New(Config{Seed: 7, Files: 400}).View()) == states[0] {
		t.Error("another seed gives the same phone")
	}
}

// A wiped phone has no files; restoring brings them back as they were, and what is
// written later is different from all that was there in either past.
func TestWipeAndRestore(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 12, Files: 150, Password: "pw"})
	c.Modify(40)
	c.Add(10)
	full := c.View()
	c.Add(5)
	c.Modify(300)
	c.Wipe()
	if v := c.View(); v.Files() != 0 || v.Bytes() != 0 || c.Keybag().Encrypts() {
		t.Errorf("after wiping: %d files, %d bytes", v.Files(), v.Bytes())
	}
	for k := range c.View().Len() {
		if c.View().Live(k) && c.View().Row(k).Kind != Dir {
			t.Fatalf("row %d was left", k)
		}
	}
	c.Restore(full, false)
	if state(c.View()) != state(full) || c.View().Files() != full.Files() || c.View().Bytes() != full.Bytes() {
		t.Error("not what it was")
	}
	seen := map[Row]bool{}
	for n := range c.View().Changes() {
		for i := range c.At(n).Len() {
			if c.At(n).Live(i) {
				seen[c.At(n).Row(i)] = true
			}
		}
	}
	before := c.View()
	c.Add(7)
	c.Modify(100)
	fresh := 0
	for i := range c.View().Len() {
		if i >= before.Len() || c.View().Row(i) != before.Row(i) {
			if row := c.View().Row(i); seen[row] {
				t.Errorf("row %d is as it was once: %+v", i, row)
			}
			fresh++
		}
	}
	if fresh < 100 {
		t.Errorf("%d rows are new", fresh)
	}

	// Onto another phone, which goes on from there.
	other := New(Config{Seed: 13, Files: 20})
	other.Restore(full, true)
	if state(other.View()) != state(full) || state(other.At(1)) != state(full) || other.At(0).Files() != 20 {
		t.Error("another phone does not hold what was restored")
	}
	other.Modify(3)
	if v := other.View(); v.Files() != full.Files() || state(v) == state(full) {
		t.Error("another phone did not go on")
	}
}

// Restoring may leave what the backup has not.
func TestRestoreKeeps(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 14, Files: 120})
	c.Add(4)
	c.Delete(10)
	backup := c.View()
	c.Modify(50)
	c.Delete(20)
	c.Add(6)
	c.Restore(backup, true)
	v := c.View()
	files, bytes, kept := 0, int64(0), 0
	for i := range v.Len() {
		if !v.Live(i) || v.Row(i).Kind != File {
			continue
		}
		files, bytes = files+1, bytes+v.Row(i).Size
		if i < backup.Len() && v.Row(i) != backup.Row(i) {
			t.Errorf("row %d is not that of the backup", i)
		}
		if i >= backup.Len() {
			kept++
		}
	}
	if kept != 6 || files != backup.Files()+6 || v.Files() != files || v.Bytes() != bytes {
		t.Errorf("%d kept; %d files, %d bytes counted; says %d, %d", kept, files, bytes, v.Files(), v.Bytes())
	}
	if state(c.At(c.View().Changes())) != state(v) {
		t.Error("another state when it is made again")
	}

	// From a past that was left: what both have in common stays.
	left := c.View()
	c.Restore(backup, false)
	c.Add(3)
	c.Restore(left, true)
	if c.View().Files() != left.Files() || state(c.View()) != state(left) {
		t.Error("not what it was")
	}
	// A file of the beginning that only the phone has stays too.
	fresh := New(Config{Seed: 14, Files: 120})
	empty := fresh.View()
	fresh.Wipe()
	wiped := fresh.View()
	fresh.Restore(empty, false)
	fresh.Restore(wiped, true)
	if state(fresh.View()) != state(empty) || fresh.View().Bytes() != empty.Bytes() {
		t.Error("the files are gone")
	}
}

func TestModifyLeavesVideosAlone(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 8, Files: 2000})
	before := c.View()
	c.Modify(1500)
	videos := 0
	for i := range before.Len() {
		if before.Row(i).Size > calm {
			videos++
			if before.Row(i) != c.View().Row(i) {
				_, path := before.Names(i)
				t.Errorf("%s of %d bytes was modified", path, before.Row(i).Size)
			}
		}
	}
	if videos == 0 {
		t.Error("no videos")
	}
}

// Names are what a phone may have, and the manifest is complete upwards.
func TestNames(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 9, Files: 60000})
	c.Add(3)
	v := c.View()
	dirs := map[string]bool{}
	kinds := map[Kind]int{}
	for i := range v.Len() {
		domain, path := v.Names(i)
		kinds[v.Row(i).Kind]++
		if path != "" {
			parent := domain + "-"
			if k := strings.LastIndexByte(path, '/'); k >= 0 {
				parent += path[:k]
			}
			if !dirs[parent] {
				t.Fatalf("no directory before %s %q", domain, path)
			}
		}
		if v.Row(i).Kind == Dir {
			dirs[domain+"-"+path] = true
		}
		if len(path) > 1000 || !utf8.ValidString(path) || strings.Contains(path, "\x00") || strings.Contains(path, "//") {
			t.Errorf("illegal path %q", path)
		}
		for part := range strings.SplitSeq(path, "/") {
			if len(part) > 255 || part == "." || part == ".." {
				t.Errorf("illegal name %q", part)
			}
		}
		if (v.Target(i) != "") != (v.Row(i).Kind == Link) {
			t.Errorf("%q has target %q", path, v.Target(i))
		}
	}
	if kinds[Link] != len(fixedLinks) || kinds[Dir] < 200 || kinds[File] != 60003 {
		t.Errorf("kinds %v", kinds)
	}
}

func TestManyFilesTakeLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 500,000 files")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := New(Config{Seed: 1, Files: 500_000})
	c.View().ByID()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if per := int64(after.HeapAlloc-before.HeapAlloc) / 500_000; per > 60 {
		t.Errorf("%d bytes a file", per)
	}
	runtime.KeepAlive(c)
}
