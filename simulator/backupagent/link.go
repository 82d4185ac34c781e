package backupagent

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"howett.net/plist"

	"homeport/simulator/contents"
)

const (
	bufferSize = 512 << 10
	maxFrame   = 256 << 20 // of a message from the host: a listing may be long
)

// link frames messages and streams on one connection. Reads and writes are
// buffered; what was written goes out with flush.
type link struct {
	conn net.Conn
	r    *bufio.Reader
	out  []byte
	enc  encoder

	transcript func(Line) // nil: nobody listens
}

func newLink(conn net.Conn) *link {
	return &link{conn: conn, r: bufio.NewReaderSize(conn, bufferSize), out: make([]byte, 0, bufferSize)}
}

func (l *link) flush() error {
	_, err := l.conn.Write(l.out)
	l.out = l.out[:0]
	return err
}

// room makes room for n bytes more, n at most bufferSize.
func (l *link) room(n int) error {
	if len(l.out)+n > cap(l.out) {
		return l.flush()
	}
	return nil
}

func (l *link) u32(n int) { l.out = binary.BigEndian.AppendUint32(l.out, uint32(n)) }

// put buffers a message: a length and a binary property list.
func (l *link) put(message ...any) error {
	b, err := l.enc.encode(message)
	if err != nil {
		return err
	}
	if err := l.room(4 + len(b)); err != nil {
		return err
	}
	l.tell(false, b)
	l.u32(len(b))
	l.out = append(l.out, b...)
	return nil
}

// send is put, then flush.
func (l *link) send(message ...any) error {
	if err := l.put(message...); err != nil {
		return err
	}
	return l.flush()
}

// receiveFrame reads one message undecoded.
func (l *link) receiveFrame() ([]byte, error) {
	n, err := l.readU32()
	if err != nil {
		return nil, err
	}
	if n > maxFrame {
		return nil, fmt.Errorf("read message: announced %d bytes", n)
	}
	// In pieces, so that a length alone does not take memory.
	frame := make([]byte, 0, min(n, 1<<20))
	for uint32(len(frame)) < n {
		piece := min(int(n)-len(frame), max(len(frame), 1<<20))
		start := len(frame)
		frame = append(frame, make([]byte, piece)...)
		if _, err := io.ReadFull(l.r, frame[start:]); err != nil {
			return nil, cut(err)
		}
	}
	l.tell(true, frame)
	return frame, nil
}

// receive reads one message; it has at least its name.
func (l *link) receive() (string, []any, error) {
	frame, err := l.receiveFrame()
	if err != nil {
		return "", nil, err
	}
	return parseMessage(frame)
}

func parseMessage(frame []byte) (string, []any, error) {
	var message []any
	if err := decode(frame, &message); err != nil {
		return "", nil, fmt.Errorf("read message: %w", err)
	}
	if len(message) == 0 {
		return "", nil, errors.New("read message: empty array")
	}
	name, ok := message[0].(string)
	if !ok {
		return "", nil, fmt.Errorf("read message: its name is a %T", message[0])
	}
	return name, message[1:], nil
}

func (l *link) readU32() (uint32, error) {
	var b [4]byte
	if _, err := io.ReadFull(l.r, b[:]); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b[:]), nil
}

// cut turns an end of stream within a message into the error that says so.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Codes of the frames of a file.
const (
	frameEnd   = 0x00
	frameLocal = 0x06
	frameData  = 0x0c
)

// body buffers a body as frames of at most frame bytes, and its end.
func (l *link) body(b contents.Body, frame int) error {
	for off := int64(0); off < b.Size(); {
		n := int(min(int64(frame-1), b.Size()-off))
		if err := l.room(5 + n); err != nil {
			return err
		}
		l.u32(n + 1)
		start := len(l.out) + 1
		l.out = append(l.out, frameData)[:start+n]
		if _, err := b.ReadAt(l.out[start:], off); err != nil && err != io.EOF {
			return err
		}
		off += int64(n)
	}
	return l.end()
}

// stream buffers what r holds, and its end.
func (l *link) stream(r io.Reader, frame int) error {
	for {
		if err := l.room(4 + frame); err != nil {
			return err
		}
		head := len(l.out)
		l.u32(0)
		l.out = append(l.out, frameData)
		n, err := io.ReadFull(r, l.out[len(l.out):len(l.out)+frame-1])
		if n == 0 {
			l.out = l.out[:head]
		} else {
			l.out = l.out[:len(l.out)+n]
			binary.BigEndian.PutUint32(l.out[head:], uint32(n+1))
		}
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return l.end()
		case err != nil:
			return err
		}
	}
}

func (l *link) end() error {
	if err := l.room(5); err != nil {
		return err
	}
	l.u32(1)
	l.out = append(l.out, frameEnd)
	return nil
}

// decode is plist.Unmarshal without its panics on malformed input.
func decode(b []byte, v any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decode property list: %v", r)
		}
	}()
	_, err = plist.Unmarshal(b, v)
	return err
}
