package status

import (
	"net"
	"os"
	"strings"
	"testing"
)

// TestAnotherUserAtThePage asks the page as nobody: where the system tells whose a
// connection is, that is refused before anything else is looked at, and told once.
func TestAnotherUserAtThePage(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	st := newStage(t)
	stranger := asNobody(t, st.dir)
	for _, tt := range []struct {
		name, answer string
		me           int
	}{{"of somebody else", "another user of this computer", 4711}, {"of its own", "not the address of the page", 65534}, {"of root", "not the address of the page", 0}} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		others := newNeighbours(st.options().Fault)
		others.me = tt.me
		must(t, st.server.serve(l, pageGuard(l.Addr().String(), st.server.page, others, st.server.pageRoutes())))
		for range 2 {
			if out := stranger(l.Addr().String()); !strings.Contains(out, tt.answer) {
				t.Errorf("nobody at a page %s: %s", tt.name, out)
			}
		}
	}
	if err := <-st.faults; err.Error() != "refuse on the status page: user 65534 is not user 4711" || len(st.faults) != 0 {
		t.Errorf("told %v, and %d more", err, len(st.faults))
	}
}
