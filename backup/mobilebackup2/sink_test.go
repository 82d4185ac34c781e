package mobilebackup2

import (
	"errors"
	"testing"

	"homeport/backup/tree"
	"homeport/cause"
)

// TestWriterThatBreaks has our own code panic in the goroutine that writes: the run is told, and
// nobody waits for the writer, however much is still received.
func TestWriterThatBreaks(t *testing.T) {
	t.Parallel()
	tr, err := tree.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	s := newSink(tr, func(tree.Rel, int64, [32]byte) { panic("a mistake of ours") })
	for _, name := range []string{"a", "b", "c"} {
		rel, err := tree.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		s.begin(rel)
		for range 3 * slabs {
			s.add(len(s.space()))
		}
		s.end(true)
	}
	_, broken := s.flush()
	if _, ok := errors.AsType[*cause.Panic](broken); !ok {
		t.Errorf("got %v", broken)
	}
	s.close()
}
