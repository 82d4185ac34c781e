package lockdown

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/danielpaulus/go-ios/ios"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// channel is one connection to lockdownd, used by one goroutine at a time.
type channel struct {
	raw     net.Conn // the tunnel through usbmuxd
	conn    net.Conn // raw, or TLS over it
	timeout time.Duration
	broken  bool // the connection is out of step or dead
}

// request is a message to lockdownd. What does not belong to it is left empty.
type request struct {
	Label           string
	ProtocolVersion string
	Request         string
	Domain          string `plist:"Domain,omitempty"`
	Key             string `plist:"Key,omitempty"`
	HostID          string `plist:"HostID,omitempty"`
	SystemBUID      string `plist:"SystemBUID,omitempty"`
	Service         string `plist:"Service,omitempty"`
	EscrowBag       []byte `plist:"EscrowBag,omitempty"`
}

func newRequest(name string) request {
	return request{Label: label, ProtocolVersion: "2", Request: name}
}

// connect opens a channel to the phone's lockdownd.
func (p *Phone) connect(ctx context.Context) (*channel, error) {
	conn, err := p.client.Connect(ctx, p.link.DeviceID, lockdownPort)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errChannel, err)
	}
	return &channel{raw: conn, conn: conn, timeout: p.pace.answer}, nil
}

// close ends the connection at once. lockdownd is not asked: StopSession would
// wait for an answer that a dead phone does not give.
func (c *channel) close() { _ = c.conn.Close() }

// ask sends a request whose fields need no more than request has.
func (c *channel) ask(ctx context.Context, r request) (plist.Dict, error) {
	return c.exchange(ctx, r.Request, r.Service+r.Domain+slashed(r.Key), r)
}

func slashed(key string) string {
	if key == "" {
		return ""
	}
	return "/" + key
}

// exchange sends a message and reads the reply to it. An Error in the reply is a
// *Error with its cause, and leaves the channel in order; any other error breaks
// it. about says what was asked for, for the error.
func (c *channel) exchange(ctx context.Context, name, about string, message any) (plist.Dict, error) {
	// Closing TLS may wait for the phone; closing the tunnel does not.
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	reply, err := c.roundTrip(message)
	if err == nil && !stop() {
		err = net.ErrClosed
	}
	stop()
	if err == nil {
		if echo, ok := reply.String("Request"); ok && echo != name {
			err = fmt.Errorf("%w: it answers %q", errMessage, clip(echo))
		}
	}
	if err != nil {
		c.broken = true
		return nil, linkError(ctx, name, err, c.timeout)
	}
	return reply, refusal(reply, name, about)
}

func (c *channel) roundTrip(message any) (reply plist.Dict, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: go-ios: %v", errMessage, r)
		}
	}()
	if err := c.conn.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return nil, err
	}
	codec := ios.NewPlistCodec()
	frame, err := codec.Encode(message)
	if err != nil {
		return nil, err
	}
	if _, err := c.conn.Write(frame); err != nil {
		return nil, err
	}
	// The codec gives some failures of the connection as text only.
	reader := &watchedReader{conn: c.conn}
	body, err := codec.Decode(reader)
	if err != nil && reader.err != nil {
		return nil, reader.err
	}
	if err == nil {
		reply, err = plist.UnmarshalDict(body)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMessage, err)
	}
	return reply, nil
}

// watchedReader remembers the first failure of its connection.
type watchedReader struct {
	conn net.Conn
	err  error
}

func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.conn.Read(p)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

// errMessage says that what came is no answer.
var errMessage = errors.New("answer not understood")

// linkError gives a failure of the connection its cause.
func linkError(ctx context.Context, name string, err error, waited time.Duration) error {
	if ctx.Err() != nil {
		return ended(ctx, name)
	}
	err = fmt.Errorf("%s: %w", name, err)
	if isTimeout(err) {
		return cause.New(cause.TransferStalled, cause.Evidence{"waitedFor": cause.Seconds(waited.Seconds())}, err)
	}
	if errors.Is(err, errMessage) {
		return cause.New(cause.ProtocolError, cause.Evidence{"layer": "lockdownd"}, err)
	}
	return cause.New(cause.DeviceDisconnected, nil, err)
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// isTransport says whether err comes from the connection, not from what came
// over it.
func isTransport(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}
