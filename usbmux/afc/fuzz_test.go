package afc

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"
)

// reel is a connection that swallows what is sent and plays what was recorded.
type reel struct {
	net.Conn // nil: what is not here is not called
	*bytes.Reader
}

func (r reel) Read(p []byte) (int, error)       { return r.Reader.Read(p) }
func (r reel) Write(p []byte) (int, error)      { return len(p), nil }
func (r reel) Close() error                     { return nil }
func (r reel) SetDeadline(time.Time) error      { return nil }
func (r reel) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }

// FuzzReplies lets a phone answer anything: every operation ends, with what was
// asked for or an error, and never with more than was asked for.
func FuzzReplies(f *testing.F) {
	handle := binary.LittleEndian.AppendUint64(nil, 1)
	f.Add(frame(magic, headerSize+4, headerSize, 1, opData, []byte("a\x00b\x00")))
	f.Add(append(frame(magic, headerSize+8, headerSize+8, 1, opOpened, handle), frame(magic, headerSize+3, headerSize, 2, opData, []byte("xyz"))...))
	f.Add(frame(magic, headerSize+8, headerSize+8, 1, opStatus, handle))
	f.Fuzz(func(t *testing.T, data []byte) {
		play := func() *Client { return New(reel{Reader: bytes.NewReader(data)}) }
		if info, err := play().Stat(t.Context(), "/f"); err == nil && info.Size < 0 {
			t.Errorf("%+v", info)
		}
		if names, _, err := play().ReadDir(t.Context(), "/d"); err == nil && len(names) > len(data) {
			t.Errorf("%d names of %d bytes", len(names), len(data))
		}
		file, err := play().Open(t.Context(), "/f", ReadOnly)
		if err != nil {
			return
		}
		room := make([]byte, 5)
		if n, err := file.Read(t.Context(), room[:2]); n > 2 || n == 0 && err == nil || room[2] != 0 {
			t.Errorf("%d, %v, %q", n, err, room)
		}
	})
}
