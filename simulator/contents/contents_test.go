package contents

import (
	"crypto/sha1"
	"encoding/hex"
	"testing"
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
