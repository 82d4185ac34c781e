package status

import (
	"net/netip"
	"strings"
	"testing"
)

// A table as the kernel of an amd64 wrote it: a listener, a connection of user 1000 to
// it, its other end, and one that is closing and nobody's any more.
const tcpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:8CA1 00000000:0000 0A 00000000:00000000 00:00000000 00000000   501        0 41 1 0000 100 0 0 10 0
   1: 0100007F:D431 0100007F:8CA1 01 00000000:00000000 00:00000000 00000000  1000        0 42 1 0000 20 4 30 10 -1
   2: 0100007F:8CA1 0100007F:D431 01 00000000:00000000 00:00000000 00000000   501        0 43 1 0000 20 4 30 10 -1
   3: 0100007F:D432 0100007F:8CA1 06 00000000:00000000 03:00000500 00000000     0        0 0 3 0000
   4: broken
   5: 0100007F:D433 0100007F:8CA1 01 00000000:00000000 00:00000000 00000000  none        0 42 1
`

const tcp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:D431 00000000000000000000000001000000:8CA1 01 00000000:00000000 00:00000000 00000000  1001        0 42 1
`

func TestFindOwner(t *testing.T) {
	t.Parallel()
	if !strings.HasPrefix(tableAddress(netip.MustParseAddrPort("127.0.0.1:1")), "0100007F") {
		t.Skip("the table is one of a processor that has the lowest byte first")
	}
	page := netip.MustParseAddrPort("127.0.0.1:36001")
	for _, tt := range []struct {
		table, local, remote string
		uid                  int
		known                bool
	}{
		{tcpTable, "127.0.0.1:54321", page.String(), 1000, true},
		{tcpTable, page.String(), "127.0.0.1:54321", 501, true},
		{tcpTable, "127.0.0.1:54322", page.String(), 0, true},
		{tcpTable, "[::ffff:127.0.0.1]:54321", page.String(), 1000, true},
		{tcpTable, "127.0.0.1:54323", page.String(), 0, false},
		{tcpTable, "127.0.0.1:4711", page.String(), 0, false},
		{tcp6Table, "[::1]:54321", "[::1]:36001", 1001, true},
		{"", "[::1]:54321", "[::1]:36001", 0, false},
	} {
		uid, known := findOwner(strings.NewReader(tt.table), netip.MustParseAddrPort(tt.local), netip.MustParseAddrPort(tt.remote))
		if uid != tt.uid || known != tt.known {
			t.Errorf("%s to %s: %d, %v", tt.local, tt.remote, uid, known)
		}
	}
}
