package notify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// phone is the proxy's end of a connection, played by a test.
type phone struct {
	t *testing.T
	net.Conn
}

// pair returns a client and the phone that it speaks to. Tests run in a bubble,
// where nothing takes real time and a goroutine left behind is a failure.
func pair(t *testing.T) (*Client, *phone) {
	ours, theirs := net.Pipe()
	return New(ours), &phone{t, theirs}
}

// expect reads one message and compares it.
func (p *phone) expect(command, name string) {
	p.t.Helper()
	var length [4]byte
	if _, err := io.ReadFull(p, length[:]); err != nil {
		p.t.Errorf("want %s: %v", command, err)
		return
	}
	body := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(p, body); err != nil {
		p.t.Error(err)
	}
	d, err := plist.UnmarshalDict(body)
	if fmt.Sprint(d) != fmt.Sprint(message(command, name)) {
		p.t.Errorf("got %v, %v; want %s %s", d, err, command, name)
	}
}

func message(command, name string) plist.Dict {
	d := plist.Dict{"Command": command}
	if name != "" {
		d["Name"] = name
	}
	return d
}

func (p *phone) send(v any) {
	body, err := plist.MarshalBinary(v)
	if err != nil {
		p.t.Error(err)
	}
	_, _ = p.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
}

func TestObserveRelayPostClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pair(t)
		go func() {
			p.expect("ObserveNotification", "a")
			p.expect("ObserveNotification", "b")
			p.send(message("RelayNotification", "b"))
			p.expect("PostNotification", "c")
			p.expect("Shutdown", "")
			p.send(message("ProxyDeath", ""))
			_ = p.Close()
		}()
		if err := c.Observe("a", "b"); err != nil {
			t.Fatal(err)
		}
		if name := <-c.Events(); name != "b" {
			t.Errorf("relayed %q", name)
		}
		if err := c.Post("c"); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, open := <-c.Events(); open || c.Err() != nil {
			t.Errorf("after close: %v, %v", open, c.Err())
		}
	})
}

func TestHostileMessages(t *testing.T) {
	long := make([]byte, maxName+1)
	for name, tc := range map[string]struct {
		play func(*phone)
		want cause.ID // of the end; "" is an orderly one
	}{
		"cut":              {func(p *phone) {}, cause.DeviceDisconnected},
		"half a length":    {func(p *phone) { _, _ = p.Write([]byte{0, 0}) }, cause.DeviceDisconnected},
		"half a message":   {func(p *phone) { _, _ = p.Write([]byte{0, 0, 0, 9, 'b'}) }, cause.DeviceDisconnected},
		"length 0":         {func(p *phone) { _, _ = p.Write(make([]byte, 4)) }, cause.ProtocolError},
		"4 GiB":            {func(p *phone) { _, _ = p.Write([]byte{255, 255, 255, 255}) }, cause.ProtocolError},
		"no list":          {func(p *phone) { _, _ = p.Write([]byte{0, 0, 0, 2, 'h', 'i'}) }, cause.ProtocolError},
		"an array":         {func(p *phone) { p.send([]any{"x"}) }, cause.ProtocolError},
		"death":            {func(p *phone) { p.send(message("ProxyDeath", "")) }, ""},
		"unknown, skipped": {func(p *phone) { p.send(message("Tomorrow", "x")); p.send(map[string]any{"Command": 5}) }, cause.DeviceDisconnected},
		"name is a number": {func(p *phone) { p.send(map[string]any{"Command": "RelayNotification", "Name": 5}) }, cause.DeviceDisconnected},
		"name of 1 kB":     {func(p *phone) { p.send(message("RelayNotification", string(long))) }, cause.DeviceDisconnected},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pair(t)
				go func() {
					tc.play(p)
					_ = p.Close()
				}()
				if name, open := <-c.Events(); open {
					t.Errorf("relayed %q", name)
				}
				if id, known := cause.Of(c.Err()); c.Err() == nil != (tc.want == "") || known && id != tc.want {
					t.Errorf("%v, want %q", c.Err(), tc.want)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestCloseDoesNotHang(t *testing.T) {
	for name, play := range map[string]func(*phone){
		"reads nothing":          func(*phone) {},
		"reads, answers nothing": func(p *phone) { _, _ = io.Copy(io.Discard, p) },
		"relays more than wanted": func(p *phone) {
			go func() { _, _ = io.Copy(io.Discard, p) }()
			for range 3 * backlog {
				p.send(message("RelayNotification", "x"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := pair(t)
				go play(p)
				synctest.Wait()
				start := time.Now()
				_ = c.Close()
				if d := time.Since(start); d > goodbye {
					t.Errorf("took %v", d)
				}
				if c.Err() != nil {
					t.Error(c.Err())
				}
				_ = p.Close()
			})
		})
	}
}

func TestWriteToSilentPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pair(t)
		start := time.Now()
		err := c.Post("x")
		if id, _ := cause.Of(err); id != cause.DeviceDisconnected || time.Since(start) != writeTimeout {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		_ = p.Close()
		_ = c.Close()
		if err := c.Observe("x"); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after close: %v", err)
		}
	})
}
