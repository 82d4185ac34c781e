package store

import (
	"sync"
	"testing"
)

// Marks that several processes write in one moment are all there in the end: each
// store has a lock of its own on the file, as a process has.
func TestMarksOfSeveralWriters(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), Options{}) // on a disk, where a sync takes its time
	must(t, err)
	defer s.Close()
	var made []Version
	for _, tag := range []string{"a", "b", "c", "d"} {
		made = append(made, backUp(t, s, udidA, numbered(2, tag)))
	}
	for range 4 {
		var writing sync.WaitGroup
		for _, v := range made {
			other, err := Open(s.Path(), Options{})
			must(t, err)
			writing.Go(func() {
				if err := other.Pin(v, "asked"); err != nil {
					t.Error(err)
				}
				_ = other.Close()
			})
		}
		writing.Wait()
		vs, err := s.Versions(t.Context(), udidA)
		must(t, err)
		for _, v := range vs {
			if !v.Pinned {
				t.Errorf("the pin of %s is lost", v.ID)
			}
			must(t, s.Unpin(v))
		}
	}
}
