package simulator

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"time"
)

// door is one listening address of usbmuxd. It can close and open again at the same address, as the socket of a restarted daemon does.
type door struct {
	network string // "tcp" or "unix"
	address string // as bound: the chosen port, the socket's path

	mu     sync.Mutex
	ready  *sync.Cond
	ln     net.Listener // nil while the daemon is dead
	closed bool
}

// openDoor listens at "tcp://host:port" or "unix:///path".
func openDoor(address string) (*door, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	d := &door{network: parsed.Scheme}
	d.ready = sync.NewCond(&d.mu)
	switch parsed.Scheme {
	case "tcp":
		d.address = parsed.Host
	case "unix":
		d.address = parsed.Host + parsed.Path
	default:
		return nil, fmt.Errorf("listen: address %q: want tcp://host:port or unix:///path", address)
	}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

// addr is the form for USBMUXD_SOCKET_ADDRESS.
func (d *door) addr() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.network == "unix" {
		return "UNIX://" + d.address
	}
	return d.address
}

// open listens (again). A stale socket file is removed first, as a starting usbmuxd does.
func (d *door) open() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.ln != nil {
		return nil
	}
	if d.network == "unix" {
		if info, err := os.Lstat(d.address); err == nil && info.Mode()&os.ModeSocket != 0 {
			_ = os.Remove(d.address)
		}
	}
	ln, err := net.Listen(d.network, d.address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if unix, ok := ln.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // a daemon that dies leaves its socket behind: refused, not absent
	} else {
		d.address = ln.Addr().String()
	}
	d.ln = ln
	d.ready.Broadcast()
	return nil
}

// close stops listening; for good, it also removes the socket file.
func (d *door) close(forGood bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ln != nil {
		_ = d.ln.Close()
		d.ln = nil
	}
	if forGood && !d.closed && d.network == "unix" {
		_ = os.Remove(d.address)
	}
	d.closed = d.closed || forGood
	d.ready.Broadcast()
}

// accept returns the next client, waiting through the time when the daemon is dead. It fails only when the door is closed for good.
func (d *door) accept() (net.Conn, error) {
	for {
		d.mu.Lock()
		for d.ln == nil && !d.closed {
			d.ready.Wait()
		}
		ln, closed := d.ln, d.closed
		d.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		conn, err := ln.Accept()
		if err == nil {
			return conn, nil
		}
		if !errors.Is(err, net.ErrClosed) { // out of file descriptors, say: do not spin
			time.Sleep(10 * time.Millisecond)
		}
	}
}
