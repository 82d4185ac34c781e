package configs

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
)

// Metrics says where Prometheus finds what is measured.
type Metrics struct {
	Listen   string `yaml:"listen" json:"listen"`     // an address of this computer and a port; "" for none
	Textfile string `yaml:"textfile" json:"textfile"` // absolute path of a .prom file; "" for none
}

const (
	allowedLoopback = "an address of this computer with a port, such as 127.0.0.1:9847, or nothing"
	allowedTextfile = "the full path of a file that ends in .prom, or nothing"
)

// loopback reads an address that only this computer can reach: there is no key.
func (l *loader) loopback(key string) string {
	text := l.text(key)
	if text == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(text)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, ipErr := netip.ParseAddr(host)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || ipErr != nil || !ip.IsLoopback() || perr != nil || n == 0 {
		l.wrong(key, text, allowedLoopback)
		return ""
	}
	return net.JoinHostPort(host, port)
}

func (l *loader) textfile(key string) string {
	path := l.path(key, "", allowedTextfile)
	if path != "" && filepath.Ext(path) != ".prom" {
		l.wrong(key, path, allowedTextfile)
	}
	return path
}
