package status

import "net"

// ownerOf is not known here: the system has no table of it that is read without cgo and in
// little time. The cookie and the key decide alone.
func ownerOf(net.Conn) (uid int, known bool) { return 0, false }
