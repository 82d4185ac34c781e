package status

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// crowd bounds the connections of a listener. Whoever comes when it is full gets the
// place of the one that has asked for nothing the longest; while all are being answered,
// they wait. So a thousand connections that say nothing keep nobody out.
type crowd struct {
	net.Listener
	most int

	mu   sync.Mutex
	room sync.Cond // a place became free, or can be taken
	over bool
	idle map[*crowdConn]time.Time // all that are open: since when they ask nothing, or zero
}

func newCrowd(l net.Listener, most int) *crowd {
	c := &crowd{Listener: l, most: most, idle: map[*crowdConn]time.Time{}}
	c.room.L = &c.mu
	return c
}

func (l *crowd) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.idle) >= l.most && !l.over {
		if out := l.longestIdle(); out != nil {
			delete(l.idle, out)
			_ = out.Conn.Close()
			continue
		}
		l.room.Wait()
	}
	if l.over {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	in := &crowdConn{c, l}
	l.idle[in] = time.Now()
	return in, nil
}

// longestIdle is the connection that has asked for nothing the longest; nil when all are
// being answered.
func (l *crowd) longestIdle() (out *crowdConn) {
	for c, since := range l.idle {
		if !since.IsZero() && (out == nil || since.Before(l.idle[out])) {
			out = c
		}
	}
	return out
}

// state is for http.Server.ConnState: one is idle until its request has been read, and
// again once it was answered.
func (l *crowd) state(c net.Conn, s http.ConnState) {
	in, ours := c.(*crowdConn)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.idle[in]; !ours || !open {
		return
	}
	switch s {
	case http.StateActive:
		l.idle[in] = time.Time{}
	case http.StateIdle:
		l.idle[in] = time.Now()
		l.room.Broadcast()
	}
}

func (l *crowd) Close() error {
	l.mu.Lock()
	l.over = true
	l.room.Broadcast()
	l.mu.Unlock()
	return l.Listener.Close()
}

type crowdConn struct {
	net.Conn
	in *crowd
}

func (c *crowdConn) Close() error {
	c.in.mu.Lock()
	delete(c.in.idle, c)
	c.in.room.Broadcast()
	c.in.mu.Unlock()
	return c.Conn.Close()
}

// underWay counts the requests that are being served, so that Close can wait for them:
// net/http only waits for connections.
type underWay struct {
	mu   sync.Mutex
	over bool
	all  sync.WaitGroup
}

// enter counts one more, unless there are to be no new ones.
func (u *underWay) enter() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.over {
		u.all.Add(1)
	}
	return !u.over
}

// wait lets no more in, and waits for those that are.
func (u *underWay) wait() {
	u.mu.Lock()
	u.over = true
	u.mu.Unlock()
	u.all.Wait()
}

// counted serves h while the server is open.
func (u *underWay) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !u.enter() {
			refuse(w, http.StatusServiceUnavailable, "Homeport is ending")
			return
		}
		defer u.all.Done()
		h.ServeHTTP(w, r)
	})
}
