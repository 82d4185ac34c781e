package agent

import (
	"path/filepath"
	"testing"

	"homeport/backup/store"
)

// TestClaimsInOrder holds that a run leaves alone what those that began before it
// expect to write, and not what later ones do.
func TestClaimsInOrder(t *testing.T) {
	t.Parallel()
	c := &claims{}
	before := func(udid string, want int64) {
		t.Helper()
		if got := c.before(udid); got != want {
			t.Errorf("before %s: %d, want %d", udid, got, want)
		}
	}
	c.set(udidAnna, 100)
	before(udidBen, 100) // it has not begun
	c.set(udidBen, 50)
	c.set("third", 7)
	before(udidAnna, 0)
	before(udidBen, 100)
	before("third", 150)
	c.set(udidAnna, -5) // it wrote more than it expected, and keeps its place
	before(udidBen, 0)
	c.set(udidAnna, 20)
	before(udidAnna, 0)
	before(udidBen, 20)
	c.end(udidAnna)
	before(udidBen, 0)
	c.set(udidAnna, 30)
	before(udidAnna, 57)
	before(udidBen, 0)
}

// TestClaimsOfOneVolume holds that two destinations on one volume share their claims,
// whatever they are called.
func TestClaimsOfOneVolume(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newStores(nil, store.Host{})
	paths := [2]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	var got [2]*claims
	for i, path := range paths {
		st, err := store.Create(path, store.Options{})
		must(t, err)
		must(t, st.Close())
		opened, c, err := s.open(t.Context(), path, store.Options{})
		must(t, err)
		must(t, opened.Close())
		got[i] = c
	}
	if got[0] != got[1] || got[0] != s.claims(dir) {
		t.Error("two folders of one volume have claims of their own")
	}
	if s.claims(filepath.Join(dir, "missing")) == got[0] {
		t.Error("what is not there has claims of a volume")
	}
}
