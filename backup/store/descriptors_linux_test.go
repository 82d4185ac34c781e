package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingStaysOpen goes through all that a run does, and wants nothing below
// the destination open once the store is closed: a drive that is to be unmounted
// must not be held.
func TestNothingStaysOpen(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(3, "one"))
	backUp(t, s, udidA, numbered(3, "two"))
	verify(t, s, v, Full)
	must(t, s.Recover(t.Context()))
	for _, udid := range []string{udidA, udidB} {
		_, err := s.Prune(t.Context(), udid, Policy{Last: 1})
		must(t, err)
	}
	st := begin(t, s, udidA)
	must(t, st.Keep())
	st = begin(t, s, udidA)
	must(t, st.Discard())
	must(t, s.Close())
	if open := openBelow(t, s.Path()); len(open) > 0 {
		t.Errorf("still open: %q", open)
	}
}

// openBelow lists what this process has open below dir.
func openBelow(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	var open []string
	for _, e := range list {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if err == nil && strings.HasPrefix(target, dir) {
			open = append(open, target)
		}
	}
	return open
}
