package notices

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// busAddress finds the session bus: where the environment says, or else where systemd has it
// for each user who is logged in. "" is none; none is started.
func busAddress(getenv func(string) string, uid int, isSocket func(string) bool) string {
	if address := getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	dir := getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(dir) {
		dir = fmt.Sprintf("/run/user/%d", uid)
	}
	if path := filepath.Join(dir, "bus"); isSocket(path) {
		return "unix:path=" + url.PathEscape(path)
	}
	return ""
}

// dialBus connects to the first address of a list that answers (D-Bus specification, Server
// Addresses), of those on this computer.
func dialBus(ctx context.Context, addresses string) (net.Conn, error) {
	last := errors.New("no address on this computer")
	for _, address := range strings.Split(addresses, ";") {
		path, ok := unixPath(address)
		if !ok {
			continue
		}
		conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if err == nil {
			return conn, nil
		}
		last = err
	}
	return nil, fmt.Errorf("connect to the session bus: %w", last)
}

// unixPath is the socket of one address; an abstract one begins with "@".
func unixPath(address string) (string, bool) {
	keys, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return "", false
	}
	for _, pair := range strings.Split(keys, ",") {
		key, value, _ := strings.Cut(pair, "=")
		value, err := url.PathUnescape(value)
		switch {
		case err != nil || value == "":
		case key == "path":
			return value, true
		case key == "abstract":
			return "@" + value, true
		}
	}
	return "", false
}
