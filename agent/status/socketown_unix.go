//go:build unix

package status

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// watchEvery is how often a socket is looked after while nobody calls.
const watchEvery = time.Minute

// ownListener lets in the programs of its own user only. A socket that somebody has taken
// away, as programs do that clean up, is made again: nobody could reach the daemon any
// more, and it would look as if it did not run.
type ownListener struct {
	path  string
	tidy  func() error
	tell  func(error) // of strangers, and of a socket that cannot be made again
	watch time.Duration

	mu     sync.Mutex
	now    bound
	closed bool
	failed string // why it could not be made again, as was told
}

func (l *ownListener) current() bound {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *ownListener) Addr() net.Addr { return l.current().Addr() }

func (l *ownListener) Accept() (net.Conn, error) {
	for {
		from := l.current()
		if err := from.SetDeadline(time.Now().Add(l.watch)); err != nil {
			return nil, err
		}
		c, err := from.AcceptUnix()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			l.renew()
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := samePerson(c); err != nil {
			_ = c.Close()
			l.tell(fmt.Errorf("refuse on control socket: %w", err))
			continue
		}
		return c, nil
	}
}

// renew makes the socket again if it has gone. What stands in its place is left alone.
func (l *ownListener) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now, err := os.Lstat(l.path); l.closed || err == nil && os.SameFile(l.now.id, now) {
		return
	}
	err := os.MkdirAll(filepath.Dir(l.path), 0o700)
	var again bound
	if err == nil {
		again, err = bind(l.path)
	}
	if err != nil {
		if l.failed != err.Error() {
			l.failed = err.Error()
			l.tell(fmt.Errorf("the control socket has gone: %w", err))
		}
		return
	}
	_ = l.now.Close()
	l.now, l.failed = again, ""
}

// Close takes the socket away, if it is still the one that was opened.
func (l *ownListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if now, err := os.Lstat(l.path); err == nil && os.SameFile(l.now.id, now) {
		_ = os.Remove(l.path)
	}
	return errors.Join(l.now.Close(), l.tidy())
}

// samePerson refuses a connection whose other end belongs to another user.
func samePerson(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	uid, asked := 0, error(nil)
	if err := raw.Control(func(fd uintptr) { uid, asked = peerUID(int(fd)) }); err != nil {
		return err
	}
	if asked != nil {
		return fmt.Errorf("ask who it is: %w", asked)
	}
	if uid != os.Geteuid() {
		return fmt.Errorf("user %d is not user %d", uid, os.Geteuid())
	}
	return nil
}
