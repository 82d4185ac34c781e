package simulator

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// errCut is what the phone's side of a connection sees when a fault has cut it.
var errCut = errors.New("connection cut by a fault")

// wire is one client's socket. It lies under TLS, counts raw bytes and lets faults act on them.
type wire struct {
	net.Conn
	ctx    context.Context // ends when the connection is closed from our side
	cancel context.CancelFunc
	lane   atomic.Pointer[lane]

	cut      atomic.Bool // a fault has ended it
	finished atomic.Bool // with a FIN, and the host may still send
}

// lane is where a wire's bytes are counted: usbmuxd's meter at first, then a phone's.
type lane struct {
	meter   *meter
	channel Channel
	in, out *atomic.Int64
	unplug  func() // what Detached means here: this phone's cable, or on the mux channel every cable
}

// sendBuffer is what the system may hold of one connection, in bytes.
const sendBuffer = 4 << 20

func newWire(ctx context.Context, conn net.Conn) *wire {
	if b, ok := conn.(interface{ SetWriteBuffer(int) error }); ok {
		_ = b.SetWriteBuffer(sendBuffer) // smaller ones make phone and host wait for each other
	}
	w := &wire{Conn: conn}
	w.ctx, w.cancel = context.WithCancel(ctx)
	return w
}

// bind counts the wire's bytes on a channel from now on.
func (w *wire) bind(m *meter, c Channel, unplug func()) {
	w.lane.Store(&lane{meter: m, channel: c, in: m.in[c], out: m.out[c], unplug: unplug})
	m.after(w, c, 0) // a fault after 0 bytes fires when the channel opens
}

// Read reads what the host sent, no more at once than the faults let pass.
func (w *wire) Read(b []byte) (int, error) {
	if w.cut.Load() {
		return 0, errCut
	}
	l := w.lane.Load()
	if l.meter.armed.Load() != 0 {
		b = b[:l.meter.before(w.ctx, l.channel, len(b))]
	}
	n, err := w.Conn.Read(b)
	l.in.Add(int64(n))
	if n > 0 && l.meter.armed.Load() != 0 {
		l.meter.after(w, l.channel, n)
	}
	return n, err
}

// Write sends b, in the pieces that the faults want.
func (w *wire) Write(b []byte) (int, error) {
	sent := 0
	for {
		if w.cut.Load() {
			return sent, errCut
		}
		l, piece := w.lane.Load(), b[sent:]
		if l.meter.armed.Load() != 0 && len(piece) > 0 {
			piece = piece[:l.meter.before(w.ctx, l.channel, len(piece))]
		}
		n, err := w.Conn.Write(piece)
		sent += n
		l.out.Add(int64(n))
		if n > 0 && l.meter.armed.Load() != 0 {
			l.meter.after(w, l.channel, n)
		}
		if err != nil || sent == len(b) {
			return sent, err
		}
	}
}

// Close drops the connection, with a FIN where nothing unread is left. After finish it swallows what the host still sends.
func (w *wire) Close() error {
	w.cancel()
	if w.finished.Load() {
		_ = w.SetDeadline(time.Now().Add(finishGrace))
		_, _ = io.Copy(io.Discard, w.Conn)
	}
	return w.Conn.Close()
}

// drop ends the connection at once, from any goroutine: what the end of usbmuxd or of the cable does to it.
func (w *wire) drop() {
	if w.cut.Swap(true) {
		return
	}
	w.cancel()
	_ = w.Conn.Close()
}

// finish ends the connection with a FIN behind the bytes already sent. The socket itself is closed only when the host has gone too, or
// after a moment, because closing a socket with unread bytes in it would send a reset instead.
func (w *wire) finish() {
	if w.cut.Swap(true) {
		return
	}
	half, ok := w.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		_ = w.Conn.Close()
		return
	}
	_ = w.SetDeadline(time.Now().Add(finishGrace)) // wakes whoever reads
	w.finished.Store(true)
	w.cancel()
}

// finishGrace is how long a connection that ended with a FIN still takes bytes: long enough for a host to notice.
const finishGrace = time.Second

// reset ends the connection with an RST. A unix socket knows none: there it is closed at once, which the peer sees as a reset only if
// bytes of its own were still unread.
func (w *wire) reset() {
	if w.cut.Swap(true) {
		return
	}
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	w.cancel()
	_ = w.Conn.Close()
}
