package afc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"homeport/cause"
)

// packet is one request as the phone sees it.
type packet struct {
	number uint64
	op     operation
	args   []byte
	data   []byte
}

func (p packet) String() string { return fmt.Sprintf("%02x %q %q", uint64(p.op), p.args, p.data) }

// answer is what the scripted phone sends back.
type answer struct {
	op         operation
	args, data []byte
	raw        []byte // instead of a packet
	hangUp     bool
	silent     bool
}

func status(code uint64) answer {
	return answer{op: opStatus, args: binary.LittleEndian.AppendUint64(nil, code)}
}

func opened(handle uint64) answer {
	return answer{op: opOpened, args: binary.LittleEndian.AppendUint64(nil, handle)}
}

func data(s string) answer { return answer{op: opData, data: []byte(s)} }

// phone plays one answer after another and then repeats the last; it returns the
// client and what was asked. Tests run in a bubble, where nothing takes real time
// and a goroutine left behind is a failure.
func phone(t *testing.T, answers ...answer) (*Client, func() []packet) {
	c, theirs := pipe(t)
	var mu sync.Mutex
	var asked []packet
	go func() {
		defer theirs.Close()
		for {
			p, err := readPacket(theirs)
			if err != nil {
				return
			}
			mu.Lock()
			asked = append(asked, p)
			mu.Unlock()
			a := answers[0]
			if len(answers) > 1 {
				answers = answers[1:]
			}
			if a.hangUp {
				return
			}
			if a.silent {
				_, _ = theirs.Read(make([]byte, 1))
				return
			}
			if _, err := theirs.Write(a.bytes(p.number)); err != nil {
				return
			}
		}
	}()
	return c, func() []packet {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
}

// pipe is a client and the phone's end of its connection.
func pipe(t *testing.T) (*Client, net.Conn) {
	ours, theirs := net.Pipe()
	c := New(ours)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, theirs
}

func (a answer) bytes(number uint64) []byte {
	if a.raw != nil {
		return a.raw
	}
	return frame(magic, uint64(headerSize+len(a.args)+len(a.data)), uint64(headerSize+len(a.args)), number, a.op, append(a.args, a.data...))
}

func frame(magic string, entire, this, number uint64, op operation, body []byte) []byte {
	b := []byte(magic)
	for _, word := range []uint64{entire, this, number, uint64(op)} {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return append(b, body...)
}

func readPacket(r io.Reader) (packet, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return packet{}, err
	}
	entire, this := binary.LittleEndian.Uint64(head[8:]), binary.LittleEndian.Uint64(head[16:])
	body := make([]byte, entire-headerSize)
	if _, err := io.ReadFull(r, body); err != nil {
		return packet{}, err
	}
	return packet{
		number: binary.LittleEndian.Uint64(head[24:]), op: operation(binary.LittleEndian.Uint64(head[32:])),
		args: body[:this-headerSize], data: body[this-headerSize:],
	}, nil
}

func TestReadFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := phone(t, opened(7), data("hello "), data("world"), data(""), status(0))
		got, err := c.ReadFile(t.Context(), "/f", 11)
		if err != nil || string(got) != "hello world" {
			t.Errorf("%q, %v", got, err)
		}
		seven := "\x07\x00\x00\x00\x00\x00\x00\x00"
		want := []packet{
			{1, opOpen, []byte("\x01\x00\x00\x00\x00\x00\x00\x00/f\x00"), nil},
			{2, opRead, []byte(seven + "\x00\x00\x01\x00\x00\x00\x00\x00"), nil},
			{3, opRead, []byte(seven + "\x00\x00\x01\x00\x00\x00\x00\x00"), nil},
			{4, opRead, []byte(seven + "\x00\x00\x01\x00\x00\x00\x00\x00"), nil},
			{5, opClose, []byte(seven), nil},
		}
		if fmt.Sprint(asked()) != fmt.Sprint(want) {
			t.Errorf("asked %v", asked())
		}
	})
}

func TestReadFileTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := phone(t, opened(1), data("0123456789"), status(0))
		if _, err := c.ReadFile(t.Context(), "/f", 9); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%v", err)
		}
		if a := asked(); a[len(a)-1].op != opClose {
			t.Errorf("left open: %v", a)
		}
	})
}

func TestWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := phone(t, opened(1), status(0), status(0), status(9))
		f, err := c.Open(t.Context(), "/f", WriteOnly)
		if err != nil {
			t.Fatal(err)
		}
		big := bytes.Repeat([]byte("x"), maxChunk+1)
		if n, err := f.Write(t.Context(), big); n != len(big) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if a := asked(); len(a[1].data) != maxChunk || len(a[2].data) != 1 || len(a[1].args) != 8 {
			t.Errorf("chunks of %d and %d", len(a[1].data), len(a[2].data))
		}
		if n, err := f.Write(t.Context(), big); n != 0 || err == nil {
			t.Errorf("refused: %d, %v", n, err)
		}
	})
}

func TestStatAndReadDir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := phone(t,
			data("st_size\x005\x00st_ifmt\x00S_IFREG\x00st_mtime\x001700000000000000000\x00odd\x00"),
			data("st_ifmt\x00S_IFDIR\x00st_size\x00-9\x00st_mtime\x00later\x00"),
			data(".\x00..\x00a\x00\x00../x\x00b\\c\x00b c\x00"),
			data(""), status(8), status(10))
		info, err := c.Stat(t.Context(), "/f")
		if want := (Info{Size: 5, Regular: true, ModTime: time.Unix(1700000000, 0).UTC()}); err != nil || info != want {
			t.Errorf("%+v, %v", info, err)
		}
		if info, err := c.Stat(t.Context(), "/d"); err != nil || info != (Info{Dir: true}) {
			t.Errorf("%+v, %v", info, err)
		}
		if names, odd, err := c.ReadDir(t.Context(), "/d"); err != nil || fmt.Sprintf("%q", names) != `["a" "b c"]` || odd != 3 {
			t.Errorf("%q, %d odd, %v", names, odd, err)
		}
		if names, odd, err := c.ReadDir(t.Context(), "/empty"); err != nil || names != nil || odd != 0 {
			t.Errorf("%q, %d odd, %v", names, odd, err)
		}
		_, err = c.Stat(t.Context(), "/absent")
		refused, ok := errors.AsType[*StatusError](err)
		if !ok || refused.Code != StatusObjectNotFound || refused.Path != "/absent" || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
		if _, _, err := c.ReadDir(t.Context(), "/secret"); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v", err)
		}
	})
}

func TestBadPaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := phone(t, status(0))
		for _, path := range []string{"", "relative", "/a\x00b", "/" + strings.Repeat("x", maxPath)} {
			if _, err := c.Open(t.Context(), path, ReadOnly); err == nil {
				t.Errorf("opened %q", path)
			}
			if _, err := c.Stat(t.Context(), path); err == nil {
				t.Errorf("asked about %q", path)
			}
		}
		if len(asked()) != 0 {
			t.Errorf("asked %v", asked())
		}
	})
}

func TestHostileReplies(t *testing.T) {
	ok := answer{op: opOpened, args: make([]byte, 8)}
	for name, tc := range map[string]struct {
		answer answer
		want   cause.ID
	}{
		"hangs up":              {answer{hangUp: true}, cause.DeviceDisconnected},
		"half a header":         {answer{raw: []byte(magic)}, cause.TransferStalled},
		"silent":                {answer{silent: true}, cause.TransferStalled},
		"no magic":              {answer{raw: frame("CFA6LPAB", 48, 48, 1, opOpened, make([]byte, 8))}, cause.ProtocolError},
		"length 2^62":           {answer{raw: frame(magic, 1<<62, 48, 1, opOpened, nil)}, cause.ProtocolError},
		"length 2^64-1":         {answer{raw: frame(magic, 1<<64-1, 1<<64-1, 1, opOpened, nil)}, cause.ProtocolError},
		"longer than asked for": {answer{raw: frame(magic, maxReply+headerSize+1, 48, 1, opData, nil)}, cause.ProtocolError},
		"length below a header": {answer{raw: frame(magic, 39, 39, 1, opOpened, nil)}, cause.ProtocolError},
		"this over entire":      {answer{raw: frame(magic, 48, 49, 1, opOpened, make([]byte, 8))}, cause.ProtocolError},
		"another packet":        {answer{raw: ok.bytes(2)}, cause.ProtocolError},
		"handle cut short":      {answer{op: opOpened, args: make([]byte, 7)}, cause.ProtocolError},
		"opened without handle": {answer{op: opOpened}, cause.ProtocolError},
		"handle 0":              {ok, cause.ProtocolError},
		"status without code":   {answer{op: opStatus}, cause.ProtocolError},
		"done, but not opened":  {status(0), cause.ProtocolError},
		"data":                  {data("x"), cause.ProtocolError},
		"a request":             {answer{op: opRead}, cause.ProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := phone(t, tc.answer)
				start := time.Now()
				_, err := c.Open(t.Context(), "/f", ReadOnly)
				if id, _ := cause.Of(err); id != tc.want {
					t.Errorf("%v, want %s", err, tc.want)
				}
				if d := time.Since(start); d != 0 && d != answerTimeout {
					t.Errorf("took %v", d)
				}
			})
		})
	}
}

func TestReadLongerThanAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := phone(t, opened(1), data("12345"))
		f, err := c.Open(t.Context(), "/f", ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := f.Read(t.Context(), make([]byte, 4)); err == nil {
			t.Errorf("took %d bytes", n)
		}
	})
}

func TestCancelBreaksTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := phone(t, answer{silent: true})
		ctx, cancel := context.WithCancelCause(t.Context())
		unplugged := cause.New(cause.DeviceDisconnected, nil, nil)
		time.AfterFunc(time.Second, func() { cancel(unplugged) })
		start := time.Now()
		_, err := c.Stat(ctx, "/f")
		if id, _ := cause.Of(err); id != cause.DeviceDisconnected || !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if _, err := c.Stat(t.Context(), "/f"); err == nil {
			t.Error("the connection still works")
		}
	})
}

func TestSyncLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := phone(t, opened(1), status(StatusWouldBlock), status(StatusWouldBlock), status(0))
		start := time.Now()
		release, err := SyncLock(t.Context(), c)
		if err != nil || time.Since(start) != 2*lockPause {
			t.Fatalf("%v after %v", err, time.Since(start))
		}
		for range 2 {
			if err := release(); err != nil {
				t.Error(err)
			}
		}
		one := "\x01\x00\x00\x00\x00\x00\x00\x00"
		lock := packet{op: opLock, args: []byte(one + "\x06\x00\x00\x00\x00\x00\x00\x00")}
		want := []packet{
			{op: opOpen, args: []byte("\x02\x00\x00\x00\x00\x00\x00\x00" + SyncLockPath + "\x00")}, lock, lock, lock,
			{op: opLock, args: []byte(one + "\x0c\x00\x00\x00\x00\x00\x00\x00")}, {op: opClose, args: []byte(one)},
		}
		if fmt.Sprint(asked()) != fmt.Sprint(want) {
			t.Errorf("asked %v", asked())
		}
	})
}

func TestSyncLockHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answers []answer
		for range lockTries + 1 {
			answers = append(answers, status(StatusWouldBlock))
		}
		c, asked := phone(t, append(append([]answer{opened(1)}, answers...), status(0))...)
		start := time.Now()
		_, err := SyncLock(t.Context(), c)
		if id, _ := cause.Of(err); id != cause.SyncLockHeld || time.Since(start) != (lockTries-1)*lockPause {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if a := asked(); len(a) != lockTries+2 || a[len(a)-1].op != opClose {
			t.Errorf("%d packets, last %v", len(a), a[len(a)-1])
		}
	})
}

func TestTrySyncLockAndRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, asked := phone(t, opened(1), status(StatusWouldBlock), status(0), opened(2), status(StatusNotSupported), status(0), status(StatusPermissionDenied))
		if _, err := TrySyncLock(t.Context(), c); !isHeld(err) || len(asked()) != 3 {
			t.Errorf("%v, asked %v", err, asked())
		}
		// A refusal of another kind is told at once.
		if _, err := SyncLock(t.Context(), c); err == nil || isHeld(err) || len(asked()) != 6 {
			t.Errorf("%v, asked %v", err, asked())
		}
		if _, err := SyncLock(t.Context(), c); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v", err)
		}
	})
}

func TestSyncLockCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := phone(t, opened(1), status(StatusWouldBlock))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := SyncLock(ctx, c)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func isHeld(err error) bool {
	id, _ := cause.Of(err)
	return id == cause.SyncLockHeld
}
