package status

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// neighbours tell requests of other users of this computer from those of its own, where
// the system says whose the other end of a connection is: a key can be seen by others, in
// the list of programs that run, before the browser has used it.
type neighbours struct {
	me    int // a user's number; of root everybody is welcome, who opens what root has printed
	owner func(local, remote netip.AddrPort) (uid int, known bool)
	tell  func(error)

	mu   sync.Mutex
	told time.Time
}

// strangersEvery is how often a stranger is told of: others must not fill the log.
const strangersEvery = time.Minute

func newNeighbours(tell func(error)) *neighbours {
	return &neighbours{me: os.Geteuid(), owner: ownerOf, tell: tell}
}

// sent reports whether another user has sent a request. Root may see everything anyhow.
func (n *neighbours) sent(r *http.Request) bool {
	here, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	there, err := netip.ParseAddrPort(r.RemoteAddr)
	if !ok || err != nil || n.me <= 0 {
		return false
	}
	uid, known := n.owner(there, here.AddrPort())
	if !known || uid == n.me || uid == 0 {
		return false
	}
	n.stranger(uid)
	return true
}

func (n *neighbours) stranger(uid int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := time.Now(); n.told.IsZero() || now.Sub(n.told) >= strangersEvery {
		n.told = now
		n.tell(fmt.Errorf("refuse on the status page: user %d is not user %d", uid, n.me))
	}
}

// findOwner looks in a table such as /proc/net/tcp or tcp6 (proc(5)) for the socket that
// is connected from local to remote: the number of its user.
func findOwner(table io.Reader, local, remote netip.AddrPort) (uid int, known bool) {
	from, to := tableAddress(local), tableAddress(remote)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		// sl local_address rem_address st tx:rx tr:when retrnsmt uid ...
		f := strings.Fields(lines.Text())
		if len(f) > 7 && f[1] == from && f[2] == to {
			uid, err := strconv.Atoi(f[7])
			return uid, err == nil
		}
	}
	return 0, false
}

// tableAddress writes an address as the kernel does: its bytes as numbers of 32 bits of
// this processor, and the port.
func tableAddress(a netip.AddrPort) string {
	var b strings.Builder
	raw := a.Addr().Unmap().AsSlice()
	for ; len(raw) >= 4; raw = raw[4:] {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(raw))
	}
	fmt.Fprintf(&b, ":%04X", a.Port())
	return b.String()
}
