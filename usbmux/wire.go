package usbmux

import (
	"errors"
	"fmt"
	"net"

	"github.com/danielpaulus/go-ios/ios"

	"homeport/usbmux/plist"
)

const (
	plistMessage = 8 // the only kind of message spoken here
	requestTag   = 1 // go-ios numbers the requests of a connection from 1
)

// program is how we call ourselves to usbmuxd and the phone.
const program = "homeport"

// wire is one connection to usbmuxd: go-ios's framing over a connection whose
// failures are remembered, because the framing gives some of them as text only.
type wire struct {
	conn *watchedConn
	mux  *ios.UsbMuxConnection
}

func newWire(conn net.Conn) *wire {
	watched := &watchedConn{Conn: conn}
	return &wire{conn: watched, mux: ios.NewUsbMuxConnection(ios.NewDeviceConnectionWithConn(watched))}
}

// send writes one request.
func (w *wire) send(request any) (err error) {
	defer recovered(&err)
	return w.real(w.mux.Send(request))
}

// receive reads one message. When the connection failed the error is the
// connection's own and failed says so; otherwise what came was no message.
func (w *wire) receive() (tag uint32, d plist.Dict, err error) {
	defer recovered(&err)
	msg, err := w.mux.ReadMessage()
	if err != nil {
		return 0, nil, w.real(err)
	}
	if msg.Header.Request != plistMessage || msg.Header.Version > 1 {
		return 0, nil, fmt.Errorf("message of kind %d, version %d", msg.Header.Request, msg.Header.Version)
	}
	d, err = plist.UnmarshalDict(msg.Payload)
	if err != nil {
		return msg.Header.Tag, nil, &contentError{err}
	}
	return msg.Header.Tag, d, nil
}

// failed says whether the connection itself has failed.
func (w *wire) failed() bool { return w.conn.err != nil }

// real prefers the connection's own error to what the framing made of it.
func (w *wire) real(err error) error {
	if err != nil && w.conn.err != nil {
		return w.conn.err
	}
	return err
}

// contentError says that a whole message came whose list cannot be read: the next
// one may be good again.
type contentError struct{ error }

func (e *contentError) Unwrap() error { return e.error }

// watchedConn remembers the first failure of its connection. It is used by one
// goroutine at a time.
type watchedConn struct {
	net.Conn
	err error
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.note(err)
	return n, err
}

func (c *watchedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.note(err)
	return n, err
}

func (c *watchedConn) note(err error) {
	if c.err == nil {
		c.err = err
	}
}

// recovered turns a panic of go-ios into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = errors.Join(fmt.Errorf("go-ios: %v", r), *err)
	}
}
