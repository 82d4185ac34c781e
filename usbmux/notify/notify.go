// Package notify speaks to the notification proxy of a phone
// (com.apple.mobile.notification_proxy), over a connection that somebody else
// opened.
//
// A message is a 32-bit big-endian length and a property list. The host sends
// {Command: "ObserveNotification", Name}, {Command: "PostNotification", Name} and
// {Command: "Shutdown"}, and no reply comes to the first two. The phone sends
// {Command: "RelayNotification", Name} for what is observed, and {Command:
// "ProxyDeath"} when it ends, as it does after Shutdown. A connection that is
// closed without Shutdown may lose what was posted last.
package notify

import (
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

const (
	// maxMessage is far above any notification: they hold two short strings.
	maxMessage = 64 << 10
	// maxName bounds a relayed name; Apple's have up to about 60 bytes.
	maxName = 1024
	// writeTimeout bounds a request: the phone reads it at once or is gone.
	writeTimeout = 15 * time.Second
	// goodbye is how long Close waits for ProxyDeath.
	goodbye = 2 * time.Second
	// backlog is how many notifications wait for who reads Events; while it is
	// full, nothing more is read from the phone.
	backlog = 64
)

// Client is one connection to a notification proxy. It is safe for concurrent
// use.
type Client struct {
	conn    net.Conn
	events  chan string
	closing chan struct{} // closed when Close begins: nobody wants events any more
	done    chan struct{} // closed when the reader has ended

	writeMu sync.Mutex
	once    sync.Once
	err     error // why the reader ended; written before done is closed
}

// New takes over conn, which Close closes.
func New(conn net.Conn) *Client {
	c := &Client{conn: conn, events: make(chan string, backlog), closing: make(chan struct{}), done: make(chan struct{})}
	go c.read()
	return c
}

// Observe asks for the named notifications.
func (c *Client) Observe(names ...string) error {
	for _, name := range names {
		if err := c.send("ObserveNotification", name); err != nil {
			return fmt.Errorf("observe %s: %w", name, err)
		}
	}
	return nil
}

// Post posts a notification on the phone.
func (c *Client) Post(name string) error {
	if err := c.send("PostNotification", name); err != nil {
		return fmt.Errorf("post %s: %w", name, err)
	}
	return nil
}

// Events returns the names of the notifications that were relayed. It is closed
// when the connection has ended, whoever ended it.
func (c *Client) Events() <-chan string { return c.events }

// Err says why Events was closed, and nil before that or when the proxy ended in
// an orderly way. The cause is device-disconnected or protocol-error.
func (c *Client) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close ends the proxy in an orderly way, which takes up to 2 s when the phone is
// silent, closes the connection, and waits for the reader.
func (c *Client) Close() error {
	c.once.Do(func() {
		close(c.closing)
		deadline := time.Now().Add(goodbye)
		// A connection that takes no deadline is closed at once instead.
		if c.conn.SetReadDeadline(deadline) != nil || c.sendBy(deadline, "Shutdown", "") != nil {
			_ = c.conn.Close()
		}
		<-c.done
		_ = c.conn.Close()
	})
	return nil
}

func (c *Client) send(command, name string) error {
	err := c.sendBy(time.Now().Add(writeTimeout), command, name)
	if err != nil {
		return cause.New(cause.DeviceDisconnected, nil, err)
	}
	return nil
}

func (c *Client) sendBy(deadline time.Time, command, name string) error {
	message := struct {
		Command string
		Name    string `plist:"Name,omitempty"`
	}{command, name}
	body, err := plist.MarshalXML(message)
	if err != nil {
		return err
	}
	frame := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if err := c.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	_, err = c.conn.Write(frame)
	return err
}

// read relays notifications until the connection ends.
func (c *Client) read() {
	defer close(c.events)
	defer close(c.done)
	for {
		var message plist.Dict
		err := cause.Guard(func() (err error) {
			message, err = c.receive()
			return err
		})
		if err != nil {
			c.err = c.ended(err)
			return
		}
		command, _ := message.String("Command")
		if command == "ProxyDeath" {
			return
		}
		name, ok := message.String("Name")
		if command != "RelayNotification" || !ok || len(name) > maxName {
			continue
		}
		select {
		case c.events <- name:
		case <-c.closing:
		}
	}
}

// ended gives the end of the connection its cause.
func (c *Client) ended(err error) error {
	select {
	case <-c.closing:
		return nil
	default:
	}
	err = fmt.Errorf("read notification: %w", err)
	if errors.Is(err, errMessage) {
		return cause.New(cause.ProtocolError, cause.Evidence{"layer": "notification proxy"}, err)
	}
	return cause.New(cause.DeviceDisconnected, nil, err)
}

// errMessage says that what came is no message.
var errMessage = errors.New("message not understood")

func (c *Client) receive() (plist.Dict, error) {
	var length [4]byte
	if _, err := io.ReadFull(c.conn, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxMessage {
		return nil, fmt.Errorf("%w: %d bytes", errMessage, n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.conn, body); err != nil {
		return nil, fmt.Errorf("inside a message: %w", err)
	}
	message, err := plist.UnmarshalDict(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMessage, err)
	}
	return message, nil
}
