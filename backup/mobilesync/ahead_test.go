package mobilesync

import (
	"io/fs"
	"slices"
	"testing"
)

// TestListAhead lists folders ahead with room for all of them, and for less than one:
// each comes as it would have without.
func TestListAhead(t *testing.T) {
	t.Parallel()
	f := open(t, newWorld(300).build(t))
	top, err := f.list(".")
	must(t, err)
	for _, most := range []int{1, 1 << 20} {
		a := listAhead(f.list, top, most)
		if len(a.names) < 100 {
			t.Fatalf("%d folders of bodies", len(a.names))
		}
		for i, name := range a.names {
			want, err := f.list(name)
			must(t, err)
			got, err := a.collect(name)
			must(t, err)
			if !slices.EqualFunc(got, want, func(a, b fs.DirEntry) bool { return a.Name() == b.Name() }) {
				t.Fatalf("%s: %v, want %v", name, got, want)
			}
			if i == len(a.names)/2 && most == 1 {
				break // the rest is never asked for, and nothing waits for that
			}
		}
		a.stop()
	}
}
