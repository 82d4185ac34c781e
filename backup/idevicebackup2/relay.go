package idevicebackup2

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"homeport/cause"

	"homeport/backup"
)

// maxSocketPath is the longest path that every system takes for a unix socket.
const maxSocketPath = 103

// relay stands between the tool and usbmuxd and hands every byte on.
type relay struct {
	target   func(context.Context) (net.Conn, error)
	listener net.Listener
	address  string // as libusbmuxd spells it
	dir      string // of our own, for the socket
	tear     time.Duration

	ctx  context.Context
	stop context.CancelFunc
	wait sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	lines   []*line
	refused error // why usbmuxd could not be reached, the last time
	broke   error // a panic in relaying, the last one
}

// newRelay listens on a socket of our own and relays to usbmuxd at address,
// "UNIX:///path" or "host:port". A silence of more than tear inside what the phone
// sends is noted.
func newRelay(address string, tear time.Duration) (*relay, error) {
	network, at := "tcp", address
	if p, ok := strings.CutPrefix(address, "UNIX://"); ok {
		network, at = "unix", p
	}
	r := &relay{tear: tear, target: func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, at)
	}}
	if err := r.listen(); err != nil {
		return nil, fmt.Errorf("relay to usbmuxd: %w", err)
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.wait.Go(r.accept)
	return r, nil
}

func (r *relay) listen() (err error) {
	if r.dir, err = os.MkdirTemp("", "homeport-"); err != nil {
		return err
	}
	if path := filepath.Join(r.dir, "mux"); unixSockets && len(path) <= maxSocketPath {
		if r.listener, err = net.Listen("unix", path); err == nil {
			r.address = "UNIX://" + path
			return nil
		}
	}
	if r.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		_ = os.RemoveAll(r.dir)
		return err
	}
	r.address = r.listener.Addr().String()
	return nil
}

// close ends all connections, waits for what copies them, and removes the socket.
func (r *relay) close() {
	r.hangUp()
	r.wait.Wait()
	_ = os.RemoveAll(r.dir)
}

// hangUp ends all connections at once and takes no new ones.
func (r *relay) hangUp() {
	r.stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	_ = r.listener.Close()
	for _, l := range r.lines {
		l.cut()
	}
}

func (r *relay) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.wait.Go(func() { r.serve(conn) })
	}
}

// serve relays one connection until both ends are done.
func (r *relay) serve(tool net.Conn) {
	mux, err := r.target(r.ctx)
	r.mu.Lock()
	if err != nil || r.closed {
		if err != nil && r.ctx.Err() == nil {
			r.refused = err
		}
		r.mu.Unlock()
		_ = tool.Close()
		if mux != nil {
			_ = mux.Close()
		}
		return
	}
	l := &line{tool: tool, mux: mux, tear: r.tear, lastIn: time.Now(), lastOut: time.Now()}
	r.lines = append(r.lines, l)
	r.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { r.carry(l, l.fromTool) })
	both.Go(func() { r.carry(l, l.fromPhone) })
	both.Wait()
	l.cut()
}

// carry has one direction of a connection relayed. A panic ends the connection.
func (r *relay) carry(l *line, relay func()) {
	err := cause.Guard(func() error { relay(); return nil })
	if err == nil {
		return
	}
	l.cut()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broke = err
}

// find returns the connection to a device port, the newest one first; nil when
// there is none.
func (r *relay) find(port int) *line {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.lines) - 1; i >= 0; i-- {
		if r.lines[i].toPort() == port {
			return r.lines[i]
		}
	}
	return nil
}

// lastRefused is why usbmuxd could not be reached, the last time that it was not.
func (r *relay) lastRefused() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}

// line is one relayed connection.
type line struct {
	tool, mux net.Conn
	tear      time.Duration

	mu              sync.Mutex
	head            []byte // the first bytes from the tool, up to maxHead
	port            int    // the device port that they ask for; 0 unknown
	in, out         int64  // bytes from the phone, and to it
	inAtOut         int64  // what in was when the last byte went out
	outAtIn         int64  // what out was when the last byte came in
	lastIn, lastOut time.Time
	offered         time.Time // since when the phone has not taken what the tool sent; zero: it has
	lost            time.Time // when the phone's end was gone, before the tool's; zero: it is there
	left            bool      // the tool has closed its end
	torn            bool      // the phone was silent for long inside what it sent
	spent           backup.Spent
}

// bufferSize is what one read takes at most.
const bufferSize = 128 << 10

func (l *line) cut() {
	_ = l.tool.Close()
	_ = l.mux.Close()
}

func (l *line) fromTool() {
	buf := make([]byte, bufferSize)
	for {
		n, err := l.tool.Read(buf)
		if n > 0 {
			l.sent(buf[:n])
			_, werr := l.mux.Write(buf[:n])
			l.taken()
			if werr != nil {
				l.cut()
				return
			}
		}
		if err != nil {
			l.mu.Lock()
			l.left = true
			l.mu.Unlock()
			endWriting(l.mux, err)
			return
		}
	}
}

func (l *line) fromPhone() {
	buf := make([]byte, bufferSize)
	for {
		began := time.Now()
		n, err := l.mux.Read(buf)
		if n > 0 {
			l.received(n, began)
			came := time.Now()
			if _, werr := l.tool.Write(buf[:n]); werr != nil {
				l.cut()
				return
			}
			l.handed(time.Since(came))
		}
		if err != nil {
			l.lose()
			endWriting(l.tool, err)
			return
		}
	}
}

// endWriting passes the end of one direction on: in order if it came so.
func endWriting(to net.Conn, err error) {
	half, ok := to.(interface{ CloseWrite() error })
	if ok && errors.Is(err, io.EOF) {
		_ = half.CloseWrite()
		return
	}
	_ = to.Close()
}

func (l *line) sent(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out += int64(len(p))
	l.inAtOut, l.lastOut = l.in, time.Now()
	l.offered = l.lastOut
	if l.port == 0 && len(l.head) < maxHead {
		l.head = append(l.head, p[:min(len(p), maxHead-len(l.head))]...)
		l.port = connectPort(l.head)
	}
}

// taken notes that the last bytes went out.
func (l *line) taken() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.offered, l.lastOut = time.Time{}, time.Now()
}

// received notes n bytes from the phone, for which was waited since began.
func (l *line) received(n int, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(began) > l.tear && l.in > l.inAtOut {
		l.torn = true
	}
	l.in += int64(n)
	l.outAtIn = l.out
	l.lastIn = now
	if waited := now.Sub(began); l.in == l.inAtOut+int64(n) {
		l.spent.Phone += waited // the first bytes after our last word
	} else {
		l.spent.Link += waited
	}
}

// handed notes how long it took until the tool had room for bytes of the phone: as long
// as it was busy with the disk.
func (l *line) handed(waited time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent.Disk += waited
}

// lose notes that the phone's end is gone, unless the tool went first.
func (l *line) lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.left {
		l.lost = time.Now()
	}
}

func (l *line) toPort() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.port
}

// pulse is the state of a connection at one moment.
type pulse struct {
	in, out int64
	pending int64         // bytes from the phone since the last byte to it
	last    int64         // bytes to the phone since the last byte from it
	quiet   time.Duration // since the last byte of either direction
	lost    time.Duration // since the phone's end was gone; 0: it is there
	stuck   time.Duration // since the phone takes no bytes; 0: it does
	idle    time.Duration // for how long the tool has done nothing; 0: it works, or nobody knows
	torn    bool
	spent   backup.Spent
}

func (l *line) pulse() pulse {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.lastIn
	if l.lastOut.After(last) {
		last = l.lastOut
	}
	p := pulse{in: l.in, out: l.out, pending: l.in - l.inAtOut, last: l.out - l.outAtIn, quiet: time.Since(last), torn: l.torn, spent: l.spent}
	if !l.offered.IsZero() {
		p.stuck = time.Since(l.offered)
	}
	if !l.lost.IsZero() {
		p.lost = max(time.Since(l.lost), 1)
	}
	return p
}
