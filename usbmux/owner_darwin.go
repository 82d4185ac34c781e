package usbmux

import (
	"net"

	"golang.org/x/sys/unix"
)

// checkPeer refuses a program that runs as somebody else. What cannot be asked
// (TCP, a test's pipe) passes.
func checkPeer(conn net.Conn) error {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	var cred *unix.Xucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	}); err != nil || credErr != nil {
		return nil
	}
	return checkUID(cred.Uid)
}

// peerName cannot be told here.
func peerName(net.Conn) string { return "" }
