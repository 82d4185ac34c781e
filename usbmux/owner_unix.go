//go:build unix

package usbmux

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// checkSocketOwner refuses a unix socket that is not root's, usbmux's or ours:
// whoever owns it can put another in its place. A socket that is not there is
// the dial's matter.
func checkSocketOwner(a Address) error {
	if a.Network != "unix" {
		return nil
	}
	info, err := os.Stat(a.Addr)
	if err != nil {
		return nil
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return checkUID(st.Uid)
	}
	return nil
}

// checkUID accepts root, this user, and the account that usbmuxd runs under.
func checkUID(uid uint32) error {
	if uid == 0 || int64(uid) == int64(os.Getuid()) {
		return nil
	}
	// Debian, Fedora and Arch call the account usbmux, macOS _usbmuxd.
	for _, name := range []string{"usbmux", "_usbmuxd"} {
		if u, err := user.Lookup(name); err == nil && u.Uid == strconv.FormatUint(uint64(uid), 10) {
			return nil
		}
	}
	return &ownerError{uid: int64(uid)}
}
