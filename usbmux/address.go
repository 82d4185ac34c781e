package usbmux

import (
	"fmt"
	"net"
	"os"
	"path"
	"strconv"
	"strings"

	"homeport/cause"
)

// AddressVariable is the environment variable that libusbmuxd and go-ios read
// too.
const AddressVariable = "USBMUXD_SOCKET_ADDRESS"

// maxSocketPath is the longest path that every system takes for a unix socket
// (104 bytes with the NUL on macOS, 108 on Linux).
const maxSocketPath = 103

// Address is where a usbmuxd listens. The zero value is none.
type Address struct {
	Network string // "unix" or "tcp"
	Addr    string // an absolute path, or host:port
}

// String returns the one spelling that both libusbmuxd and go-ios understand:
// "UNIX:///path" or "host:port". It is what a subprocess gets in its
// environment.
func (a Address) String() string {
	if a.Network == "unix" {
		return "UNIX://" + a.Addr
	}
	return a.Addr
}

// AddressFromEnv returns the address in USBMUXD_SOCKET_ADDRESS, or the system's
// own when that is unset or empty.
func AddressFromEnv() (Address, error) {
	s := os.Getenv(AddressVariable)
	if s == "" {
		return DefaultAddress(), nil
	}
	return ParseAddress(s)
}

// ParseAddress reads every form that libusbmuxd, go-ios or a person writes:
// "UNIX:/p", "unix:///p", "UNIX:///p", "/p", "tcp://host:port", "host:port" and
// "[v6]:port". All forms mean the same on all systems. What fits none of them is
// an error with the cause config-invalid: libusbmuxd would silently use the
// default socket in that case.
func ParseAddress(s string) (Address, error) {
	a, err := parseAddress(s)
	if err != nil {
		return Address{}, cause.New(cause.ConfigInvalid, cause.Evidence{"key": AddressVariable, "value": clip(s), "file": "the environment", "allowed": "a socket's path or host:port, or unset it for this system's own"},
			fmt.Errorf("read usbmuxd address %q: %w", clip(s), err))
	}
	return a, nil
}

func parseAddress(s string) (Address, error) {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F }) {
		return Address{}, fmt.Errorf("it holds a control character")
	}
	if scheme, rest, found := strings.Cut(s, "://"); found {
		switch strings.ToLower(scheme) {
		case "unix":
			return unixAddress(rest)
		case "tcp":
			return tcpAddress(rest)
		}
		return Address{}, fmt.Errorf("the scheme is neither unix nor tcp")
	}
	if scheme, rest, found := strings.Cut(s, ":"); found && strings.EqualFold(scheme, "unix") {
		return unixAddress(rest)
	}
	if strings.HasPrefix(s, "/") {
		return unixAddress(s)
	}
	return tcpAddress(s)
}

func unixAddress(p string) (Address, error) {
	if !strings.HasPrefix(p, "/") {
		return Address{}, fmt.Errorf("the path of a socket must begin with /")
	}
	// go-ios panics on a second scheme mark, and it may read what we pass on.
	if strings.Contains(p, "://") {
		return Address{}, fmt.Errorf("the path holds ://")
	}
	p = path.Clean(p)
	if p == "/" || len(p) > maxSocketPath {
		return Address{}, fmt.Errorf("the path must have 2 to %d bytes", maxSocketPath)
	}
	return Address{Network: "unix", Addr: p}, nil
}

func tcpAddress(s string) (Address, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return Address{}, fmt.Errorf("want UNIX:/path, /path, host:port or [ipv6]:port")
	}
	if host == "" || strings.ContainsAny(host, "/\\@ ") {
		return Address{}, fmt.Errorf("no valid host before the port")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return Address{}, fmt.Errorf("the port must be a number from 1 to 65535")
	}
	return Address{Network: "tcp", Addr: net.JoinHostPort(host, strconv.FormatUint(n, 10))}, nil
}
