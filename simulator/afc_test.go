package simulator

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// afc sends one packet and returns the answer's operation, arguments and payload.
func (c *client) afc(op uint64, args, payload []byte) (uint64, []byte) {
	c.t.Helper()
	size := uint64(afcHeader + len(args))
	out := []byte(afcMagic)
	for _, word := range []uint64{size + uint64(len(payload)), size, 5, op} {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	_, err := c.Write(slices.Concat(out, args, payload))
	must(c.t, err)
	reply, err := readAFC(c)
	must(c.t, err)
	if reply.number != 5 {
		c.t.Fatalf("packet number %d, want 5", reply.number)
	}
	return reply.op, slices.Concat(reply.args, reply.payload)
}

// afcStatus is afc for an operation that answers a status.
func (c *client) afcStatus(op uint64, args, payload []byte) uint64 {
	c.t.Helper()
	got, body := c.afc(op, args, payload)
	if got != opStatus || len(body) != 8 {
		c.t.Fatalf("operation %#x answered %#x %q, want a status", op, got, body)
	}
	return binary.LittleEndian.Uint64(body)
}

func words(values ...uint64) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, v)
	}
	return out
}

func path0(name string) []byte { return append([]byte(name), 0) }

func (c *client) afcOpen(name string, mode uint64) uint64 {
	c.t.Helper()
	op, body := c.afc(opOpen, append(words(mode), path0(name)...), nil)
	if op != opOpened || len(body) != 8 {
		c.t.Fatalf("open %s: %#x %v", name, op, body)
	}
	return binary.LittleEndian.Uint64(body)
}

func TestAFCFiles(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	c := open(t, s, serviceAFC)
	if status := c.afcStatus(opMakeDir, path0("/iTunesRestore/deep"), nil); status != afcOK {
		t.Fatalf("mkdir: %d", status)
	}
	h := c.afcOpen("/iTunesRestore/a.plist", 3)
	for _, part := range []string{"hello ", "world"} {
		if status := c.afcStatus(opWrite, words(h), []byte(part)); status != afcOK {
			t.Fatalf("write: %d", status)
		}
	}
	if data, ok := phone.MediaFile("iTunesRestore/a.plist"); !ok || string(data) != "hello world" {
		t.Errorf("the phone has %q", data)
	}
	c.afcStatus(opClose, words(h), nil)
	if status := c.afcStatus(opRead, words(h, 10), nil); status != afcInvalid {
		t.Errorf("read from a closed handle: %d", status)
	}
	h = c.afcOpen("/iTunesRestore/a.plist", 1)
	c.afcStatus(opSeek, words(h, 2, uint64(1<<64-5)), nil) // five before the end
	if op, data := c.afc(opRead, words(h, 100), nil); op != opData || string(data) != "world" {
		t.Errorf("read: %#x %q", op, data)
	}
	if op, data := c.afc(opRead, words(h, 100), nil); op != opData || len(data) != 0 {
		t.Errorf("read at the end: %#x %q", op, data)
	}
	if status := c.afcStatus(opWrite, words(h), []byte("x")); status != afcDenied {
		t.Errorf("write to a file opened for reading: %d", status)
	}
	_, list := c.afc(opReadDir, path0("/iTunesRestore"), nil)
	if string(list) != ".\x00..\x00a.plist\x00deep\x00" {
		t.Errorf("list: %q", list)
	}
	_, info := c.afc(opInfo, path0("/iTunesRestore/a.plist"), nil)
	if !strings.Contains(string(info), "st_size\x0011\x00") || !strings.Contains(string(info), "S_IFREG") {
		t.Errorf("info: %q", info)
	}
}

func TestAFCRefusals(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	must(t, phone.SetMediaFile("/Books/x/iBooksData2.plist", []byte("book")))
	c := open(t, s, serviceAFC)
	for name, each := range map[string]struct {
		op   uint64
		args []byte
		want uint64
	}{
		"stat nothing":          {opInfo, path0("/none"), afcNotFound},
		"list a file":           {opReadDir, path0("/DCIM/100APPLE/IMG_0001.HEIC"), afcNotFound},
		"open nothing":          {opOpen, append(words(1), path0("/none")...), afcNotFound},
		"open a folder":         {opOpen, append(words(1), path0("/DCIM")...), afcIsDir},
		"open below nothing":    {opOpen, append(words(3), path0("/none/x")...), afcNotFound},
		"open out of the tree":  {opOpen, append(words(1), path0("/../../etc/passwd")...), afcNotFound},
		"open in no mode":       {opOpen, append(words(9), path0("/x")...), afcInvalid},
		"short open":            {opOpen, []byte{1}, afcInvalid},
		"short read":            {opRead, []byte{1}, afcBadHeader},
		"no such handle":        {opRead, words(77, 1), afcInvalid},
		"remove a full folder":  {opRemove, path0("/Books"), afcDirNotEmpty},
		"remove the root":       {opRemove, path0("/"), afcDenied},
		"remove nothing":        {opRemove, path0("/none"), afcNotFound},
		"folder over a file":    {opMakeDir, path0("/DCIM/100APPLE/IMG_0001.HEIC/x"), afcExists},
		"rename into itself":    {opRename, []byte("/DCIM\x00/DCIM/x\x00"), afcInvalid},
		"rename without target": {opRename, []byte("/DCIM"), afcNotFound},
		"unknown operation":     {0x77, nil, afcUnsupported},
	} {
		if got := c.afcStatus(each.op, each.args, nil); got != each.want {
			t.Errorf("%s: status %d, want %d", name, got, each.want)
		}
	}
	if got := c.afcStatus(opRename, []byte("/Books\x00/Buch\x00"), nil); got != afcOK {
		t.Errorf("rename: %d", got)
	}
	if data, _ := phone.MediaFile("/Buch/x/iBooksData2.plist"); string(data) != "book" {
		t.Errorf("after rename: %q", data)
	}
	if got := c.afcStatus(opRemoveDeep, path0("/Buch"), nil); got != afcOK {
		t.Errorf("remove with contents: %d", got)
	}
	if _, err := c.Write(bytes.Repeat([]byte{0xff}, afcHeader)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after garbage: %d %v, want the end", n, err)
	}
}

func TestSyncLock(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Trust: Trust{Mode: TrustPaired}})
	one, two := open(t, s, serviceAFC), open(t, s, serviceAFC)
	first, second := one.afcOpen("/com.apple.itunes.lock_sync", 2), two.afcOpen("/com.apple.itunes.lock_sync", 2)
	lock := func(c *client, h uint64) uint64 { return c.afcStatus(opLock, words(h, lockExclusive), nil) }
	phone.Play(SyncLockHeld{Times: 2})
	for i, want := range []uint64{afcWouldBlock, afcWouldBlock, afcOK} {
		if got := lock(one, first); got != want {
			t.Errorf("try %d: %d, want %d", i+1, got, want)
		}
	}
	if got := lock(two, second); got != afcWouldBlock {
		t.Errorf("while another holds it: %d", got)
	}
	one.afcStatus(opLock, words(first, lockRelease), nil)
	if got := lock(two, second); got != afcOK {
		t.Errorf("after it was released: %d", got)
	}
	_ = two.Close()
	eventually(t, "the lock ends with its connection", func() bool { return !phone.SyncLocked() })
	phone.HoldSyncLock(0)
	if got := lock(one, first); got != afcWouldBlock {
		t.Errorf("while another program holds it: %d", got)
	}
	phone.HoldSyncLock(time.Nanosecond)
	if got := lock(one, first); got != afcOK {
		t.Errorf("after its time: %d", got)
	}
}
