package usbmux

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// streamConn is a connection on which a fixed stream arrives.
type streamConn struct {
	net.Conn
	io.Reader
}

func (c streamConn) Read(p []byte) (int, error) { return c.Reader.Read(p) }
func (streamConn) Write(p []byte) (int, error)  { return len(p), nil }
func (streamConn) SetDeadline(time.Time) error  { return nil }
func (streamConn) Close() error                 { return nil }

// FuzzFrame gives usbmuxd's side any bytes: a reply must come back as links or as
// an error with a cause, and events must never break the table of links.
func FuzzFrame(f *testing.F) {
	frame := func(tag uint32, v any) []byte {
		body, err := plist.MarshalXML(v)
		if err != nil {
			f.Fatal(err)
		}
		b := binary.LittleEndian.AppendUint32(nil, uint32(16+len(body)))
		for _, word := range []uint32{1, 8, tag} {
			b = binary.LittleEndian.AppendUint32(b, word)
		}
		return append(b, body...)
	}
	f.Add(frame(1, map[string]any{"DeviceList": []any{attached(1, udidA)}}))
	f.Add(append(frame(0, attached(1, udidA)), frame(0, map[string]any{"MessageType": "Detached", "DeviceID": 1})...))
	f.Fuzz(func(t *testing.T, stream []byte) {
		c := NewClient(DefaultAddress())
		c.dial = func(context.Context) (net.Conn, error) { return streamConn{Reader: bytes.NewReader(stream)}, nil }
		links, _, err := c.Devices(context.Background())
		if _, known := cause.Of(err); err != nil && !known {
			t.Errorf("no cause: %v", err)
		}
		for _, link := range links {
			if link.DeviceID < 1 || !ValidUDID(link.UDID) {
				t.Errorf("let through %+v", link)
			}
		}
		messages := make(chan heard)
		go func() {
			defer close(messages)
			listen(context.Background(), streamConn{Reader: bytes.NewReader(stream)}, messages)
		}()
		w := &watch{links: linkTable{}}
		for m := range messages {
			if !m.end {
				w.handle(m)
			}
		}
	})
}
