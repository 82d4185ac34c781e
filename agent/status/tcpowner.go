package status

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ownLoopback lets in the programs of one user only, where the system tells whose the
// other end of a connection is: a key can be seen by others, in the list of programs that
// run, before the browser has used it. Root may see everything anyhow.
type ownLoopback struct {
	net.Listener
	me    int // a user's number; of root it lets everybody in, who open what root has printed
	owner func(net.Conn) (uid int, known bool)
	tell  func(error)

	mu   sync.Mutex
	told time.Time
}

// strangersEvery is how often a stranger is told of: others must not fill the log.
const strangersEvery = time.Minute

func newOwnLoopback(l net.Listener, tell func(error)) *ownLoopback {
	return &ownLoopback{Listener: l, me: os.Geteuid(), owner: ownerOf, tell: tell}
}

func (l *ownLoopback) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, known := l.owner(c)
		if !known || uid == l.me || uid == 0 || l.me <= 0 {
			return c, nil
		}
		_ = c.Close()
		l.stranger(uid)
	}
}

func (l *ownLoopback) stranger(uid int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.told.IsZero() || now.Sub(l.told) >= strangersEvery {
		l.told = now
		l.tell(fmt.Errorf("refuse on the status page: user %d is not user %d", uid, l.me))
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
