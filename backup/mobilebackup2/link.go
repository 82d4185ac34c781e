package mobilebackup2

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// Sizes of DeviceLink. The phone's own frames are far below the caps.
const (
	maxFrame  = 64 << 20 // one property list
	maxName   = 4096     // a file name in an upload
	frameData = 32<<10 - 1
	// readBuffer is what one read from the connection can bring.
	readBuffer = 64 << 10
	// growStep bounds what is allocated ahead of what has arrived.
	growStep = 256 << 10
)

// link is one DeviceLink connection: frames in both directions, each read and
// write under a deadline.
type link struct {
	conn  net.Conn
	timed *timedReader
	in    *bufio.Reader
	stall time.Duration
	frame []byte // reused for small frames
	ok    []byte // the frame that answers most messages
	steps steps

	writing sync.Mutex // held for each write, so that goodbye cannot part one
}

// timedReader renews the read deadline before each read, so that it limits
// silence and not a whole transfer.
type timedReader struct {
	conn  net.Conn
	limit time.Duration
	total int64

	// How long reads waited: between two messages, and inside one.
	between bool
	phone   time.Duration
	link    time.Duration
}

func (r *timedReader) Read(p []byte) (int, error) {
	began := time.Now()
	if err := r.conn.SetReadDeadline(began.Add(r.limit)); err != nil {
		return 0, err
	}
	n, err := r.conn.Read(p)
	r.total += int64(n)
	if waited := time.Since(began); r.between {
		r.phone += waited
	} else {
		r.link += waited
	}
	return n, err
}

func newLink(conn net.Conn, stall time.Duration) *link {
	timed := &timedReader{conn: conn, limit: stall}
	ok, _ := encode([]any{statusName, int64(codeOK), none, map[string]any{}}) // a constant
	return &link{conn: conn, timed: timed, in: bufio.NewReaderSize(timed, readBuffer), stall: stall, ok: ok}
}

// await waits for the first byte of the next frame for as long as wait, and goes
// back to the limit that holds inside one.
func (l *link) await(wait time.Duration) error {
	l.timed.limit, l.timed.between = wait, true
	defer func() { l.timed.limit, l.timed.between = l.stall, false }()
	_, err := l.in.Peek(1)
	return err
}

// uint32 reads one big-endian word. An end of stream inside it is unexpected.
func (l *link) uint32() (uint32, error) {
	b, err := l.in.Peek(4)
	if err != nil {
		return 0, unexpected(err)
	}
	n := binary.BigEndian.Uint32(b)
	_, _ = l.in.Discard(4)
	return n, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// full reads exactly len(p) bytes.
func (l *link) full(p []byte) error {
	_, err := io.ReadFull(l.in, p)
	return unexpected(err)
}

// discard drops n bytes of the stream.
func (l *link) discard(n int64) error {
	for n > 0 {
		k, err := l.in.Discard(int(min(n, 1<<20)))
		if err != nil {
			return unexpected(err)
		}
		n -= int64(k)
	}
	return nil
}

// message reads the next frame, waiting for it as long as wait.
func (l *link) message(wait time.Duration) (message, error) {
	if err := l.await(wait); err != nil {
		return message{}, err
	}
	n, err := l.uint32()
	if err != nil {
		return message{}, err
	}
	if n == 0 || n > maxFrame {
		return message{}, protocolError("frame of %d bytes", n)
	}
	data, err := l.payload(int(n))
	if err != nil {
		return message{}, err
	}
	m, err := parseMessage(data)
	if err == nil {
		l.heard(m)
	}
	return m, err
}

// payload reads n bytes into memory that grows with what has arrived.
func (l *link) payload(n int) ([]byte, error) {
	buf := l.frame[:0]
	for len(buf) < n {
		step := min(n-len(buf), growStep)
		start := len(buf)
		buf = append(buf, make([]byte, step)...)
		if err := l.full(buf[start:]); err != nil {
			return nil, err
		}
	}
	if cap(buf) <= 4*growStep {
		l.frame = buf
	}
	return buf, nil
}

// write sends p whole.
func (l *link) write(p []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.stall)); err != nil {
		return err
	}
	_, err := l.conn.Write(p)
	return err
}

// send sends one message.
func (l *link) send(msg ...any) error {
	l.said(msg)
	data, err := encode(msg)
	if err != nil {
		return err
	}
	return l.write(data)
}

// encode makes a frame of a message.
func encode(msg []any) ([]byte, error) {
	body, err := plist.MarshalBinary(msg)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body))), body...), nil
}

// none is how DeviceLink spells "no value" in a place that has a string.
const none = "___EmptyParameterString___"

// statusName is the message that answers a message.
const statusName = "DLMessageStatusResponse"

// status answers a message. payload is a dictionary, a number, or nil.
func (l *link) status(code int, text string, payload any) error {
	if code == codeOK && text == "" && payload == nil {
		l.steps.add(true, statusName, "0")
		return l.write(l.ok)
	}
	if text == "" {
		text = none
	}
	if payload == nil {
		payload = map[string]any{}
	}
	return l.send(statusName, int64(code), text, payload)
}

// goodbye tells the phone that we leave, unless a message is half written, and
// does not wait for longer than a moment.
func (l *link) goodbye() {
	if !l.writing.TryLock() {
		return
	}
	defer l.writing.Unlock()
	data, err := encode([]any{"DLMessageDisconnect", none})
	if err != nil || l.conn.SetWriteDeadline(time.Now().Add(goodbyeTime)) != nil {
		return
	}
	_, _ = l.conn.Write(data) // the phone may be gone
}

// goodbyeTime is what the last message may take.
const goodbyeTime = 500 * time.Millisecond

// protocolError is an answer that makes no sense, after which nothing of the
// stream can be trusted.
func protocolError(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return cause.New(cause.ProtocolError, cause.Evidence{"text": err.Error()}, err)
}
