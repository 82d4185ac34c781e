package afc

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// A read asks for as much as there is room for, up to 1 MiB, and fills that room
// itself.
func TestLargeReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := phone(t, opened(1), data(strings.Repeat("x", maxRead)), status(StatusEndOfData))
		f, err := c.Open(t.Context(), "/f", ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		room := make([]byte, 2*maxRead)
		if n, err := f.Read(t.Context(), room); n != maxRead || err != nil || room[maxRead-1] != 'x' || room[maxRead] != 0 {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := f.Read(t.Context(), room); n != 0 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
		if word := binary.LittleEndian.Uint64(asked()[1].args[8:]); word != maxRead {
			t.Errorf("asked for %d", word)
		}
	})
}

// A reply that moves may take long; one that stops is told after 60 s.
func TestSlowReply(t *testing.T) {
	for name, tc := range map[string]struct {
		pause time.Duration
		want  cause.ID
	}{
		"slow":    {stallTimeout - time.Second, cause.Unknown},
		"stopped": {stallTimeout + time.Second, cause.TransferStalled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := slowPhone(t, tc.pause)
				f := &File{client: c, path: "/f", handle: 1}
				start := time.Now()
				n, err := f.Read(t.Context(), make([]byte, 4))
				if id, _ := cause.Of(err); id != tc.want || (err == nil) != (n == 4) {
					t.Errorf("%d, %v", n, err)
				}
				if want := min(4*tc.pause, stallTimeout); err != nil && time.Since(start) != want {
					t.Errorf("after %v, want %v", time.Since(start), want)
				}
				time.Sleep(2 * time.Second) // in a bubble: until the phone has noticed
			})
		})
	}
}

// slowPhone answers one read with four bytes, and pauses before each.
func slowPhone(t *testing.T, pause time.Duration) *Client {
	ours, theirs := pipe(t)
	go func() {
		defer theirs.Close()
		if _, err := readPacket(theirs); err != nil {
			return
		}
		for _, b := range [][]byte{frame(magic, headerSize+4, headerSize, 1, opData, nil), {1}, {2}, {3}, {4}} {
			if len(b) == 1 {
				time.Sleep(pause) // in a bubble: no real time passes
			}
			if _, err := theirs.Write(b); err != nil {
				return
			}
		}
	}()
	return ours
}

func TestHostileLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := ".\x00..\x00.\x00..\x00\x00a/b\x00/etc/passwd\x00c:\\d\x00\xff\x00ok\x00"
		many := strings.Repeat("n\x00", maxNames+1)
		c, _ := phone(t, data(names), data(many[:2*maxNames]), data(many))
		got, odd, err := c.ReadDir(t.Context(), "/d")
		if err != nil || strings.Join(got, "|") != "\xff|ok" || odd != 6 {
			t.Errorf("%q, %d odd, %v", got, odd, err)
		}
		if got, _, err := c.ReadDir(t.Context(), "/d"); err != nil || len(got) != maxNames {
			t.Errorf("as many as are believed: %d, %v", len(got), err)
		}
		if _, _, err := c.ReadDir(t.Context(), "/d"); !is(err, cause.ProtocolError) {
			t.Errorf("one more: %v", err)
		}
	})
}

func TestHostileInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for text, want := range map[string]Info{
			"": {}, "st_size": {}, "st_size\x00": {}, "st_size\x0018446744073709551616\x00": {}, "st_size\x00-1\x00st_mtime\x00-1\x00": {},
			"st_ifmt\x00S_IFLNK\x00LinkTarget\x00/etc\x00":        {Link: "/etc"},
			"st_ifmt\x00S_IFIFO\x00st_size\x009\x00":              {Size: 9},
			"st_birthtime\x005\x00st_ifmt\x00S_IFREG\x00":         {Regular: true, BirthTime: time.Unix(0, 5).UTC()},
			"st_size\x009223372036854775807\x00st_mtime\x00x\x00": {Size: 1<<63 - 1},
		} {
			c, _ := phone(t, data(text))
			if info, err := c.Stat(t.Context(), "/f"); err != nil || info != want {
				t.Errorf("%q: %+v, %v", text, info, err)
			}
		}
		c, _ := phone(t, answer{raw: bytes.Repeat([]byte{0xff}, headerSize)})
		if _, err := c.Stat(t.Context(), "/f"); !is(err, cause.ProtocolError) {
			t.Errorf("garbage: %v", err)
		}
	})
}

func TestStatusTexts(t *testing.T) {
	t.Parallel()
	for code, want := range map[uint64]string{20: "open /f: phone answered status 20, input or output error", 99: "open /f: phone answered status 99"} {
		if got := (&StatusError{Op: "open", Path: "/f", Code: code}).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func is(err error, want cause.ID) bool {
	id, _ := cause.Of(err)
	return id == want
}
