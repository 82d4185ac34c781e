package store

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"homeport/backup"
	"homeport/backup/tree"
)

// TestKernelSeesNoBodyRead is TestUnchangedBodiesStayUnread as the kernel tells it: a
// watch on each body, which is one file by whatever name, reports every opening by
// anything in this package and below. A full check afterwards proves that it would.
func TestKernelSeesNoBodyRead(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(40, "one"))
	bodies, err := filepath.Glob(filepath.Join(v.Path, udidA, "??", "*"))
	must(t, err)
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	must(t, err)
	defer unix.Close(fd)
	for _, b := range bodies {
		if _, err := unix.InotifyAddWatch(fd, b, unix.IN_OPEN|unix.IN_ACCESS|unix.IN_MODIFY); err != nil {
			t.Skipf("watch files: %v", err)
		}
	}
	st := begin(t, s, udidA)
	if st.Info().Strategy != tree.HardLink.String() {
		t.Skip("here bodies are cloned by opening them")
	}
	next, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived})
	must(t, err)
	if r := verify(t, s, next, Quick); !r.OK || r.Files != len(bodies) {
		t.Fatal(r.Files, r.Damage)
	}
	_, err = s.Versions(t.Context(), udidA)
	must(t, err)
	if n := events(t, fd); n > 0 {
		t.Errorf("bodies were opened or read %d times", n)
	}
	verify(t, s, next, Full)
	if n := events(t, fd); n < len(bodies) {
		t.Errorf("a full check opened %d of %d bodies", n, len(bodies))
	}
}

// events is how much happened since the last call.
func events(t *testing.T, fd int) int {
	t.Helper()
	buf := make([]byte, 64<<10)
	n := 0
	for {
		k, err := unix.Read(fd, buf)
		if err == unix.EAGAIN {
			return n
		}
		must(t, err)
		n += k / unix.SizeofInotifyEvent // the names of files watched themselves are empty
	}
}
