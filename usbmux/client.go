package usbmux

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/user"
	"strconv"
	"time"

	"github.com/danielpaulus/go-ios/ios"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// muxTimeout bounds the dial and the answer to each request. libusbmuxd waits 5 s
// too, so a usbmuxd that needs longer works with nothing.
const muxTimeout = 5 * time.Second

// Client asks one usbmuxd. It holds no connection between requests and is safe
// for concurrent use.
//
// Every method ends at once when its context does, with the context's cause in
// the error, and after 5 s otherwise. The errors carry these causes:
// mux-service-not-running, mux-permission-denied, mux-untrusted-owner (nobody,
// or nobody to be trusted, answers the dial, or what answers is no usbmuxd),
// mux-not-answering (no reply in time, or one that is none to the question),
// mux-service-stopped (the connection broke before the reply) and protocol-error
// (a reply about a phone that makes no sense).
type Client struct {
	address Address
	timeout time.Duration
	dial    func(context.Context) (net.Conn, error)
}

// NewClient returns a client of the usbmuxd at address. It connects to nothing
// yet.
func NewClient(address Address) *Client {
	c := &Client{address: address, timeout: muxTimeout}
	c.dial = c.dialSocket
	return c
}

// Address returns where the client's usbmuxd listens.
func (c *Client) Address() Address { return c.address }

// Devices lists the links that are there now. bad holds one error for each entry
// of the list that made no sense; such an entry hides no other.
func (c *Client) Devices(ctx context.Context) (links []Link, bad []error, err error) {
	request := ios.NewReadDevices()
	request.ProgName, request.ClientVersionString = program, program
	reply, err := c.ask(ctx, "list devices", request)
	if err != nil {
		return nil, nil, err
	}
	links, bad, err = decodeLinks(reply)
	if err != nil {
		return nil, nil, c.besides(reply, err)
	}
	return links, bad, nil
}

// BUID returns the id by which this computer is known to the phones that it is
// paired with.
func (c *Client) BUID(ctx context.Context) (string, error) {
	reply, err := c.ask(ctx, "read BUID", newRequest("ReadBUID"))
	if err != nil {
		return "", err
	}
	buid, ok := reply.String("BUID")
	if !ok || buid == "" || len(buid) > 100 {
		return "", c.senseless("read BUID", reply)
	}
	return buid, nil
}

// Connect opens a connection to a port of the phone behind a link. The caller
// closes it. A refusal by usbmuxd or the phone has the cause mux-connect-failed
// and a *ResultError in its chain.
func (c *Client) Connect(ctx context.Context, deviceID int, port uint16) (net.Conn, error) {
	request := newRequest("Connect")
	request.DeviceID, request.PortNumber = uint32(deviceID), ios.Ntohs(port)
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("connect to port %d", port)
	reply, err := c.exchange(ctx, conn, name, request)
	if err == nil {
		err = c.result(reply, "Connect")
		if refused, ok := errors.AsType[*ResultError](err); ok {
			ev := refused.evidence()
			ev["port"] = int64(port)
			err = cause.New(cause.MuxConnectFailed, ev, fmt.Errorf("%s: %w", name, err))
		}
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		return nil, errors.Join(err, ignoreClosed(conn.Close()))
	}
	return conn, nil
}

// request is a message to usbmuxd. Most of go-ios's own are not exported, and its
// Connect takes any reply that it cannot read for a success.
type request struct {
	MessageType         string
	ProgName            string
	ClientVersionString string
	LibUSBMuxVersion    uint32 `plist:"kLibUSBMuxVersion"`
	DeviceID            uint32 `plist:"DeviceID,omitempty"`
	PortNumber          uint16 `plist:"PortNumber,omitempty"` // in network byte order
	PairRecordID        string `plist:"PairRecordID,omitempty"`
}

func newRequest(kind string) request {
	return request{MessageType: kind, ProgName: program, ClientVersionString: program, LibUSBMuxVersion: 3}
}

// ask sends one request on a connection of its own and returns the reply.
func (c *Client) ask(ctx context.Context, name string, request any) (plist.Dict, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	reply, err := c.exchange(ctx, conn, name, request)
	return reply, c.stranger(conn, err)
}

// exchange sends one request and reads the reply to it. It leaves conn open, with
// a deadline set; when ctx ended meanwhile, conn is closed and the error says so.
func (c *Client) exchange(ctx context.Context, conn net.Conn, name string, request any) (plist.Dict, error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	w := newWire(conn)
	err := conn.SetDeadline(time.Now().Add(c.timeout))
	if err == nil {
		err = w.send(request)
	}
	var tag uint32
	var reply plist.Dict
	if err == nil {
		tag, reply, err = w.receive()
	}
	if err == nil && tag != requestTag {
		err = fmt.Errorf("the reply has tag %d, not %d", tag, requestTag)
	}
	if err != nil || !stop() {
		return nil, c.exchangeError(ctx, name, err, w.failed())
	}
	return reply, nil
}

// result reads a Result. A number other than 0 is a *ResultError.
func (c *Client) result(reply plist.Dict, request string) error {
	number, ok := reply.Int("Number")
	if kind, _ := reply.String("MessageType"); kind != "Result" || !ok {
		return c.senseless(request, reply)
	}
	if number != resultOK {
		return &ResultError{Request: request, Number: number}
	}
	return nil
}

// senseless is the error for a reply that does not hold what was asked for.
func (c *Client) senseless(name string, reply plist.Dict) error {
	kind, _ := reply.String("MessageType")
	number, _ := reply.Int("Number")
	return cause.New(cause.ProtocolError, layerEvidence(),
		fmt.Errorf("%s: the reply (kind %q, number %d) does not answer", name, clip(kind), number))
}

// stranger tells who it is that answers with something that is no message of
// usbmuxd's: another program that has taken its place, as a game server may that
// listens on the same port; or usbmuxd itself, which has lost its way.
func (c *Client) stranger(conn net.Conn, err error) error {
	if id, _ := cause.Of(err); id != cause.ProtocolError {
		return err
	}
	ev := layerEvidence()
	ev["socket"] = c.address.String()
	switch name := peerName(conn); name {
	case muxProgram:
		return cause.New(cause.MuxNotAnswering, ev, err)
	case "":
	default:
		ev["owner"] = "the program " + name
	}
	return cause.New(cause.MuxUntrustedOwner, ev, err)
}

// besides is the error for a message of usbmuxd's that is no answer to what was
// asked: it is there, and does not do its work.
func (c *Client) besides(reply plist.Dict, err error) error {
	ev := layerEvidence()
	ev["socket"] = c.address.String()
	if number, told := reply.Int("Number"); told {
		ev["number"] = number
	}
	return cause.New(cause.MuxNotAnswering, ev, err)
}

// dialSocket connects to usbmuxd and makes sure who it is.
func (c *Client) dialSocket(ctx context.Context) (net.Conn, error) {
	if err := checkSocketOwner(c.address); err != nil {
		return nil, c.untrusted(err)
	}
	d := net.Dialer{Timeout: c.timeout}
	conn, err := d.DialContext(ctx, c.address.Network, c.address.Addr)
	if err != nil {
		return nil, c.dialError(ctx, err)
	}
	if err := checkPeer(conn); err != nil {
		conn.Close()
		return nil, c.untrusted(err)
	}
	return conn, nil
}

// untrusted is the error for a socket that belongs to somebody else.
func (c *Client) untrusted(err error) error {
	ev := cause.Evidence{"socket": c.address.String()}
	if foreign, ok := errors.AsType[*ownerError](err); ok {
		ev["uid"], ev["owner"] = foreign.uid, "another user"
		if u, err := user.LookupId(strconv.FormatInt(foreign.uid, 10)); err == nil {
			ev["owner"] = "the user " + u.Username
		}
	}
	return cause.New(cause.MuxUntrustedOwner, ev, fmt.Errorf("connect to usbmuxd at %s: %w", c.address, err))
}

// ignoreClosed drops the error of closing what is closed.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
