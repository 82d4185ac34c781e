package status

import (
	"net"
	"os"
)

// ownerOf is the user whose program is at the other end of a connection on this computer.
func ownerOf(c net.Conn) (uid int, known bool) {
	here, ok := c.LocalAddr().(*net.TCPAddr)
	there, fits := c.RemoteAddr().(*net.TCPAddr)
	if !ok || !fits {
		return 0, false
	}
	name := "/proc/net/tcp"
	if here.AddrPort().Addr().Unmap().Is6() {
		name = "/proc/net/tcp6"
	}
	table, err := os.Open(name)
	if err != nil {
		return 0, false
	}
	defer table.Close()
	return findOwner(table, there.AddrPort(), here.AddrPort())
}
