package status

import (
	"net/netip"
	"os"
)

// ownerOf is the user who has the end local of a connection on this computer.
func ownerOf(local, remote netip.AddrPort) (uid int, known bool) {
	name := "/proc/net/tcp"
	if local.Addr().Unmap().Is6() {
		name = "/proc/net/tcp6"
	}
	table, err := os.Open(name)
	if err != nil {
		return 0, false
	}
	defer table.Close()
	return findOwner(table, local, remote)
}
