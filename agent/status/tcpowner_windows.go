package status

import "net/netip"

// ownerOf is not known here: the system has no table of it that is read without cgo and in
// little time. The cookie and the key decide alone.
func ownerOf(_, _ netip.AddrPort) (uid int, known bool) { return 0, false }
