package usbmux

import "net"

// checkSocketOwner has nothing to look at: usbmuxd is a TCP port here, and the
// certificate of the phone is what tells a false one.
func checkSocketOwner(Address) error { return nil }

// checkPeer likewise.
func checkPeer(net.Conn) error { return nil }

// peerName cannot be told here.
func peerName(net.Conn) string { return "" }
