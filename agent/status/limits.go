package status

import (
	"net"
	"net/http"
	"sync"
)

// limited lets at most n connections of l be open at a time; whoever comes then waits.
func limited(l net.Listener, n int) net.Listener {
	return &limitedListener{Listener: l, free: make(chan struct{}, n), over: make(chan struct{})}
}

type limitedListener struct {
	net.Listener
	free chan struct{} // one for each that is open
	once sync.Once
	over chan struct{}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.over:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &limitedConn{Conn: c, give: sync.OnceFunc(func() { <-l.free })}, nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.over) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	give func()
}

func (c *limitedConn) Close() error {
	defer c.give()
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
