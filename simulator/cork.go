package simulator

import (
	"crypto/tls"
	"net"
	"sync"
)

// corked sits between TLS and the socket of a service and gathers the records of one Write: crypto/tls sends each record of 16 KiB in
// a system call of its own, which would make the simulated phone the slow side of a backup.
type corked struct {
	net.Conn
	mu   sync.Mutex
	on   bool
	held []byte
}

// Write implements net.Conn.
func (c *corked) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on {
		return c.Conn.Write(b)
	}
	c.held = append(c.held, b...)
	if len(c.held) < mostHeld {
		return len(b), nil
	}
	return len(b), c.send()
}

// mostHeld is when gathered records go out though more will come, so that the host has something to do meanwhile.
const mostHeld = 64 << 10

// send writes what is held; the caller has the lock.
func (c *corked) send() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	return err
}

func (c *corked) cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = true
}

func (c *corked) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = false
	return c.send()
}

// gathering is a TLS connection whose Write reaches the socket in large pieces.
type gathering struct {
	*tls.Conn
	below *corked
}

// Write implements net.Conn.
func (g gathering) Write(b []byte) (int, error) {
	if len(b) < mostHeld/4 {
		return g.Conn.Write(b)
	}
	g.below.cork()
	n, err := g.Conn.Write(b)
	if sent := g.below.uncork(); err == nil && sent != nil {
		return 0, sent
	}
	return n, err
}
