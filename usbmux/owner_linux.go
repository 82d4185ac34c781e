package usbmux

import (
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// checkPeer refuses a program that runs as somebody else. What cannot be asked
// (TCP, a test's pipe) passes.
func checkPeer(conn net.Conn) error {
	cred := peerCredentials(conn)
	if cred == nil {
		return nil
	}
	return checkUID(cred.Uid)
}

func peerCredentials(conn net.Conn) *unix.Ucred {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil || credErr != nil {
		return nil
	}
	return cred
}

// peerName names the program at the other end; "" when that cannot be told. A
// socket that the first process keeps for others says nothing.
func peerName(conn net.Conn) string {
	cred := peerCredentials(conn)
	if cred == nil || cred.Pid <= 1 {
		return ""
	}
	return attribute(os.DirFS("/proc"), strconv.Itoa(int(cred.Pid)), "comm")
}
