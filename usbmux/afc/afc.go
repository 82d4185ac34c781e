// Package afc speaks to a phone's file service (com.apple.afc), over a connection
// that somebody else opened. Homeport needs it for the sync lock, for the few small
// iTunes files that a backup's Info.plist repeats, and to copy the camera roll when
// a backup is not possible.
//
// # The wire
//
// A packet is a header of 40 bytes, all little endian, then arguments and data:
//
//	 0  magic "CFA6LPAA"
//	 8  length of the whole packet
//	16  length of header and arguments; data counts as the rest
//	24  number of the packet, repeated in the reply
//	32  operation
//
// Requests: read directory 0x03 (path NUL), file info 0x0A (path NUL), open 0x0D
// (64-bit mode, path NUL), read 0x0F (handle, length), write 0x10 (handle; data),
// close 0x14 (handle), lock 0x1B (handle, operation). A reply is a status 0x01
// (64-bit code, 0 for done), data 0x02, or 0x0E with the handle of the opened
// file, which is never 0. Lists are texts with a NUL behind each; a read at the
// end of a file answers data of no length. File info is such a list of keys and
// values: st_size, st_ifmt (S_IFREG, S_IFDIR, S_IFLNK), st_mtime and st_birthtime
// in nanoseconds since 1970, LinkTarget for a link.
//
// Requests and replies strictly alternate, so whatever breaks one exchange ends
// the connection for all. Reads ask for up to 1 MiB, which keeps the line busy
// without a second request under way; another client asks phones for 4 MiB.
package afc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"homeport/cause"
)

const (
	magic      = "CFA6LPAA"
	headerSize = 40

	// answerTimeout bounds the wait for the reply to one packet, and stallTimeout
	// the wait for the next byte of a reply that has begun.
	answerTimeout = 15 * time.Second
	stallTimeout  = 60 * time.Second

	// maxChunk is how much one write packet carries, maxRead how much a read asks
	// for.
	maxChunk = 64 << 10
	maxRead  = 1 << 20
	// maxReply bounds any other reply: a folder of 100,000 names of 40 bytes.
	maxReply = 4 << 20
	// maxNames bounds the names in it, which could be shorter.
	maxNames = 200_000
	// maxPath is the longest path that is sent.
	maxPath = 1024
)

// operation is the kind of a packet.
type operation uint64

const (
	opStatus  operation = 0x01
	opData    operation = 0x02
	opReadDir operation = 0x03
	opInfo    operation = 0x0A
	opOpen    operation = 0x0D
	opOpened  operation = 0x0E
	opRead    operation = 0x0F
	opWrite   operation = 0x10
	opClose   operation = 0x14
	opLock    operation = 0x1B
)

// Client is one connection to the file service. It is safe for concurrent use:
// requests wait for one another.
//
// Errors are a *StatusError when the phone refused, and carry the cause
// device-disconnected, transfer-stalled (no reply for 15 s, or none of its bytes
// for 60 s) or protocol-error when the connection failed; after these, and after a context that ended in the
// middle of a request, every later request fails too.
type Client struct {
	conn net.Conn

	mu     sync.Mutex
	number uint64
	broken error
}

// New takes over conn, which Close closes.
func New(conn net.Conn) *Client { return &Client{conn: conn} }

// Close closes the connection; the phone then closes its files and gives up its
// locks.
func (c *Client) Close() error {
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close file service: %w", err)
	}
	return nil
}

// reply is what the phone answered: for a status the code, for an opened file its
// handle, for data the data.
type reply struct {
	op    operation
	value uint64
	data  []byte
}

// ask sends one packet and returns the reply, which carries at most limit bytes.
func (c *Client) ask(ctx context.Context, op operation, args, data []byte, limit int) (reply, error) {
	return c.askInto(ctx, op, args, data, limit, nil)
}

// askInto is ask that puts a reply which fits into room there.
func (c *Client) askInto(ctx context.Context, op operation, args, data []byte, limit int, room []byte) (reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return reply{}, c.broken
	}
	if err := ctx.Err(); err != nil {
		return reply{}, ended(ctx)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	r, err := c.exchange(op, args, data, limit, room)
	if !stop() || err != nil {
		c.broken = failure(ctx, err)
		_ = c.conn.Close()
		return reply{}, c.broken
	}
	return r, nil
}

func (c *Client) exchange(op operation, args, data []byte, limit int, room []byte) (reply, error) {
	if err := c.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return reply{}, err
	}
	c.number++
	head := headerSize + len(args)
	packet := make([]byte, 0, head+len(data))
	packet = append(packet, magic...)
	for _, word := range []uint64{uint64(head + len(data)), uint64(head), c.number, uint64(op)} {
		packet = binary.LittleEndian.AppendUint64(packet, word)
	}
	packet = append(append(packet, args...), data...)
	if _, err := c.conn.Write(packet); err != nil {
		return reply{}, err
	}
	return c.receive(limit, room)
}

// errPacket says that what came is no reply.
var errPacket = errors.New("packet not understood")

func (c *Client) receive(limit int, room []byte) (reply, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(c.conn, head[:]); err != nil {
		return reply{}, err
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(head[at:]) }
	entire, this := word(8), word(16)
	switch {
	case string(head[:8]) != magic:
		return reply{}, fmt.Errorf("%w: no magic", errPacket)
	case this < headerSize || this > entire || entire > uint64(headerSize+limit):
		return reply{}, fmt.Errorf("%w: lengths %d and %d, at most %d bytes asked for", errPacket, entire, this, limit)
	case word(24) != c.number:
		return reply{}, fmt.Errorf("%w: answers packet %d, not %d", errPacket, word(24), c.number)
	}
	size := int(entire) - headerSize
	if size > len(room) {
		room = make([]byte, size)
	}
	body := room[:size]
	if err := c.fill(body); err != nil {
		return reply{}, err
	}
	r := reply{op: operation(word(32))}
	switch r.op {
	case opStatus, opOpened:
		if len(body) < 8 {
			return reply{}, fmt.Errorf("%w: reply 0x%02x without its number", errPacket, uint64(r.op))
		}
		r.value = binary.LittleEndian.Uint64(body)
	case opData:
		r.data = body
	default:
		return reply{}, fmt.Errorf("%w: reply 0x%02x", errPacket, uint64(r.op))
	}
	return r, nil
}

// fill reads the rest of a reply, which may take as long as it needs while it
// moves.
func (c *Client) fill(body []byte) error {
	for len(body) > 0 {
		if err := c.conn.SetDeadline(time.Now().Add(stallTimeout)); err != nil {
			return err
		}
		n, err := c.conn.Read(body)
		if body = body[n:]; err != nil && len(body) > 0 {
			return err
		}
	}
	return nil
}

// failure gives a broken exchange its cause; err is nil when ctx ended just
// behind the reply.
func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	err = fmt.Errorf("talk to file service: %w", err)
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return cause.New(cause.TransferStalled, cause.Evidence{"waitedFor": cause.Seconds(answerTimeout.Seconds())}, err)
	}
	if errors.Is(err, errPacket) {
		return cause.New(cause.ProtocolError, cause.Evidence{"layer": "file service"}, err)
	}
	return cause.New(cause.DeviceDisconnected, nil, err)
}

// ended carries the cause with which ctx was cancelled.
func ended(ctx context.Context) error {
	if why := context.Cause(ctx); why != ctx.Err() {
		return fmt.Errorf("talk to file service: %w: %w", ctx.Err(), why)
	}
	return fmt.Errorf("talk to file service: %w", ctx.Err())
}
