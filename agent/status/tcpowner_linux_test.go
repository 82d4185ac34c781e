package status

import (
	"net"
	"os"
	"strings"
	"testing"
)

// TestAnotherUserAtThePage connects to the page's listener as nobody: where the system
// tells whose a connection is, it is closed without an answer, whatever it would ask.
func TestAnotherUserAtThePage(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	st := newStage(t)
	stranger := asNobody(t, st.dir)
	for _, tt := range []struct {
		name   string
		me     int
		answer bool
	}{{"of somebody else", 4711, false}, {"of its own", 65534, true}, {"of root", 0, true}} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		page := newOwnLoopback(l, st.options().Fault)
		page.me = tt.me
		must(t, st.server.serve(page, controlGuard(st.server.controlRoutes())))
		for range 2 { // told once
			if out := stranger(l.Addr().String()); strings.HasPrefix(out, "answered 0 bytes") == tt.answer {
				t.Errorf("nobody at a page %s: %.80s", tt.name, out)
			}
		}
	}
	if err := <-st.faults; err.Error() != "refuse on the status page: user 65534 is not user 4711" || len(st.faults) != 0 {
		t.Errorf("told %v, and %d more", err, len(st.faults))
	}
}
