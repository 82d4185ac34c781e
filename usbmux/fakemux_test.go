package usbmux

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"homeport/usbmux/plist"
)

// peer is the usbmuxd end of one connection, played by a test.
type peer struct {
	net.Conn
	tag uint32 // of the last request
}

// request reads one request; an error ends the script.
func (p *peer) request() (plist.Dict, error) {
	var header [16]byte
	if _, err := io.ReadFull(p, header[:]); err != nil {
		return nil, err
	}
	p.tag = binary.LittleEndian.Uint32(header[12:])
	body := make([]byte, binary.LittleEndian.Uint32(header[:])-16)
	if _, err := io.ReadFull(p, body); err != nil {
		return nil, err
	}
	return plist.UnmarshalDict(body)
}

// send writes one message with the given tag.
func (p *peer) send(tag uint32, v any) error {
	body, err := plist.MarshalXML(v)
	if err != nil {
		return err
	}
	return p.sendRaw(tag, body)
}

func (p *peer) sendRaw(tag uint32, body []byte) error {
	return p.frame(uint32(16+len(body)), 1, 8, tag, body)
}

func (p *peer) frame(length, version, kind, tag uint32, body []byte) error {
	b := binary.LittleEndian.AppendUint32(nil, length)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, kind)
	b = binary.LittleEndian.AppendUint32(b, tag)
	_, err := p.Write(append(b, body...))
	return err
}

// reply answers the last request.
func (p *peer) reply(v any) error { return p.send(p.tag, v) }

func result(number int) map[string]any {
	return map[string]any{"MessageType": "Result", "Number": number}
}

func attached(id int, udid string) map[string]any {
	return map[string]any{"MessageType": "Attached", "DeviceID": id, "Properties": map[string]any{
		"ConnectionType": "USB", "DeviceID": id, "SerialNumber": udid,
		"ConnectionSpeed": 480_000_000, "LocationID": 0x10002, "ProductID": 0x12A8,
	}}
}

// shortDir is a temporary folder whose path is short enough for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mux")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fakeMux listens on a unix socket and plays script on each connection.
func fakeMux(t *testing.T, script func(*peer)) *Client {
	t.Helper()
	path := filepath.Join(shortDir(t), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				script(&peer{Conn: conn})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for conn := range open {
			_ = conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	c := NewClient(Address{Network: "unix", Addr: path})
	c.timeout = time.Minute // a busy computer is no hung usbmuxd
	return c
}

// answering is a usbmuxd that answers every request with what answer returns.
func answering(t *testing.T, answer func(plist.Dict) any) *Client {
	return fakeMux(t, func(p *peer) {
		for {
			request, err := p.request()
			if err != nil || p.reply(answer(request)) != nil {
				return
			}
		}
	})
}

// inTime fails the test when f takes longer than limit.
func inTime(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if d := time.Since(start); d > limit {
		t.Errorf("took %v, at most %v", d, limit)
	}
}
