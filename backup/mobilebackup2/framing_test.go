package mobilebackup2

import (
	"bytes"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"homeport/cause"
)

// cat joins the parts of a stream.
func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

// entry is the beginning of a file in an upload.
func entry(path string) []byte { return cat(name("/private/x"), name(testUDID+"/"+path)) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestFraming is H-41 to H-60: what is wrong with a frame or a stream ends the
// session as protocol-error, or as device-disconnected when it just ends, and
// leaves no body behind.
func TestFraming(t *testing.T) {
	t.Parallel()
	big := word(math.MaxUint32)
	cases := map[string]struct {
		want   cause.ID
		stream bool // raw is an upload's stream, else what stands for a message
		raw    []byte
	}{
		"frame of 0":                    {cause.ProtocolError, false, word(0)},
		"frame of 1":                    {cause.ProtocolError, false, cat(word(1), []byte{0})},
		"frame of 4 GiB":                {cause.ProtocolError, false, big},
		"frame of 2 GiB":                {cause.ProtocolError, false, word(1 << 31)},
		"frame beyond the cap":          {cause.ProtocolError, false, word(maxFrame + 1)},
		"frame cut":                     {cause.DeviceDisconnected, false, cat(word(100), []byte("bplist00"))},
		"frame at the cap cut":          {cause.DeviceDisconnected, false, cat(word(maxFrame), []byte("bplist00"))},
		"header cut":                    {cause.DeviceDisconnected, false, []byte{0, 0, 1}},
		"no property list":              {cause.ProtocolError, false, cat(word(8), []byte("GET / HT"))},
		"trailing rubbish":              {cause.ProtocolError, false, cat(word(3), []byte("abcdefgh"))},
		"file name beyond the cap":      {cause.ProtocolError, true, word(maxName + 1)},
		"file name of 4 GiB":            {cause.ProtocolError, true, big},
		"no destination name":           {cause.ProtocolError, true, cat(name("x"), word(0))},
		"destination beyond the cap":    {cause.ProtocolError, true, cat(name("x"), word(maxName+1))},
		"destination cut":               {cause.DeviceDisconnected, true, cat(name("x"), word(10), []byte("abc"))},
		"block of 0":                    {cause.ProtocolError, true, cat(entry("f"), word(0), []byte{blockData})},
		"unknown code":                  {cause.ProtocolError, true, cat(entry("f"), block(0x33, "x"))},
		"block of 4 GiB cut":            {cause.DeviceDisconnected, true, cat(entry("f"), big, []byte{blockData}, []byte("abc"))},
		"error text of 4 GiB cut":       {cause.DeviceDisconnected, true, cat(entry("f"), big, []byte{blockError}, []byte("abc"))},
		"cut before the code":           {cause.DeviceDisconnected, true, cat(entry("f"), word(5))},
		"cut after data":                {cause.DeviceDisconnected, true, cat(entry("f"), block(blockData, "abc"))},
		"cut instead of the terminator": {cause.DeviceDisconnected, true, cat(entry("f"), block(blockData, "abc"), block(blockDone, ""))},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, job, err := play(t, nil, func(d *device) {
				d.ask("DLMessageCreateDirectory", testUDID)
				if c.stream {
					d.send("DLMessageUploadFiles", map[string]any{}, 1.0, uint64(3))
				}
				d.bytes(c.raw)
			})
			if id, _ := cause.Of(err); id != c.want {
				t.Errorf("cause %s, want %s (%v)", id, c.want, err)
			}
			for p := range hashTree(t, job.Dir) {
				if !(p == testUDID+"/f" && strings.HasPrefix(name, "cut instead")) {
					t.Errorf("left behind: %s", p)
				}
			}
		})
	}
}

// TestStreams is what an upload's stream may hold that is odd and still has a
// meaning.
func TestStreams(t *testing.T) {
	t.Parallel()
	endless := cat(bytes.Repeat(block(blockData, ""), 10_000), block(blockData, "x"), block(blockDone, ""))
	cases := map[string]struct {
		raw  []byte
		want string // of the file f; "-" for none
		code int64
		odd  string
	}{
		"plain":                     {cat(entry("f"), block(blockData, "abc"), block(blockData, "def"), block(blockDone, ""), word(0)), "abcdef", 0, ""},
		"empty file":                {cat(entry("f"), block(blockDone, ""), word(0)), "", 0, ""},
		"no file":                   {word(0), "-", 0, ""},
		"empty blocks":              {cat(entry("f"), endless, word(0)), "x", 0, ""},
		"error first":               {cat(entry("f"), block(blockError, "gone"), word(0)), "-", 0, "gone"},
		"error with bad text":       {cat(entry("f"), block(blockError, "\xff\xfe"), word(0)), "-", 0, "could not send"},
		"error after data":          {cat(entry("f"), block(blockData, "abc"), block(blockError, "died"), word(0)), "-", 0, "died"},
		"local error after data":    {cat(entry("f"), block(blockData, "abc"), block(blockLocalError, "died"), word(0)), "-", 0, "died"},
		"empty error after data":    {cat(entry("f"), block(blockData, "abc"), block(blockError, ""), word(0)), "abc", 0, "empty error"},
		"empty error alone":         {cat(entry("f"), block(blockError, ""), word(0)), "-", 0, "could not send"},
		"end with bytes":            {cat(entry("f"), block(blockData, "abc"), block(blockDone, "zzz"), word(0)), "abc", 0, "carries 3 bytes"},
		"twice":                     {cat(entry("f"), block(blockData, "1"), block(blockDone, ""), entry("f"), block(blockData, "2"), block(blockDone, ""), word(0)), "2", 0, ""},
		"below a file":              {cat(entry("f"), block(blockData, "1"), block(blockDone, ""), entry("f/g"), block(blockDone, ""), word(0)), "1", codeMulti, ""},
		"onto a folder":             {cat(entry("aa"), block(blockData, "1"), block(blockDone, ""), entry("f"), block(blockDone, ""), word(0)), "", codeMulti, ""},
		"into a missing folder":     {cat(entry("no/g"), block(blockDone, ""), entry("f"), block(blockDone, ""), word(0)), "", codeMulti, ""},
		"larger than the slabs":     {cat(entry("f"), bytes.Repeat(block(blockData, strings.Repeat("a", 50_000)), 60), block(blockDone, ""), word(0)), strings.Repeat("a", 3_000_000), 0, ""},
		"many small ones, then one": {cat(many(3000), entry("f"), block(blockData, "last"), block(blockDone, ""), word(0)), "last", 0, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got answer
			r, job, err := play(t, nil, func(d *device) {
				d.ask("DLMessageCreateDirectory", testUDID)
				d.ask("DLMessageCreateDirectory", testUDID+"/aa")
				got = d.uploadRaw(c.raw)
				d.complete()
			})
			if err != nil || got.code != c.code {
				t.Errorf("code %d, want %d; %v", got.code, c.code, err)
			}
			text := content(job, "f")
			if c.want == "-" && !strings.HasPrefix(text, "error") || c.want != "-" && text != c.want {
				t.Errorf("f is %.40q, want %.40q", text, c.want)
			}
			if !strings.Contains(strings.Join(r.Odd, "\n"), c.odd) {
				t.Errorf("odd: %q", r.Odd)
			}
		})
	}
}

// many is a stream of n small files.
func many(n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, cat(entry("aa/"+strings.Repeat("0", i%30)+"x"), block(blockData, "abc"), block(blockDone, ""))...)
	}
	return b
}

// A peer that announces gigabytes must not make us allocate them.
func TestAnnouncedSizesAreNotBelieved(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := play(t, nil, func(d *device) { d.bytes(cat(word(maxFrame), make([]byte, 1000))) })
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("accepted")
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d bytes were allocated for 1000", grown)
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	hello := func(reply any) func(d *device) {
		return func(d *device) {
			d.send("DLMessageVersionExchange", 400, 0)
			d.expect("DLMessageVersionExchange")
			d.send("DLMessageDeviceReady")
			d.expect("DLMessageProcessMessage")
			d.send("DLMessageProcessMessage", reply)
		}
	}
	cases := map[string]struct {
		want   cause.ID
		script func(d *device)
	}{
		"300":                {"", func(d *device) { d.handshake(300); d.request(); d.complete() }},
		"400":                {"", func(d *device) { d.handshake(400); d.request(); d.complete() }},
		"299":                {cause.HostSoftwareTooOld, func(d *device) { d.handshake(299) }},
		"500":                {cause.HostSoftwareTooOld, func(d *device) { d.handshake(500) }},
		"real":               {cause.ProtocolError, func(d *device) { d.handshake(300.0) }},
		"no version":         {cause.ProtocolError, func(d *device) { d.send("DLMessageVersionExchange") }},
		"upload first":       {cause.ProtocolError, func(d *device) { d.send("DLMessageUploadFiles", map[string]any{}, 0.0, 0) }},
		"ready first":        {cause.ProtocolError, func(d *device) { d.send("DLMessageDeviceReady") }},
		"upload, not ready":  {cause.ProtocolError, func(d *device) { d.send("DLMessageVersionExchange", 400, 0); d.send("DLMessageUploadFiles") }},
		"nothing":            {cause.DeviceDisconnected, func(d *device) {}},
		"no common version":  {cause.HostSoftwareTooOld, hello(map[string]any{"MessageName": "Response", "ErrorCode": 1})},
		"hello without code": {cause.ProtocolError, hello(map[string]any{"MessageName": "Response"})},
		"hello, a string":    {cause.ProtocolError, hello("yes")},
		"xml":                {cause.ProtocolError, func(d *device) { d.bytes(cat(word(30), []byte("<?xml version=\"1.0\"?><plist><a>"))) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(testOptions()).Backup(t.Context(), testJob(t, scriptedRaw(t, c.script)), nil)
			if id, ok := cause.Of(err); ok && id != c.want || !ok && (c.want != "" || err != nil) {
				t.Errorf("cause %s, want %s (%v)", id, c.want, err)
			}
		})
	}
}
