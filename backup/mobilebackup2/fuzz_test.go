package mobilebackup2

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/usbmux/plist"
)

// byteConn is a phone that says given bytes and then leaves.
type byteConn struct{ in io.Reader }

func (c byteConn) Read(p []byte) (int, error)     { return c.in.Read(p) }
func (byteConn) Write(p []byte) (int, error)      { return len(p), nil }
func (byteConn) Close() error                     { return nil }
func (byteConn) LocalAddr() net.Addr              { return nil }
func (byteConn) RemoteAddr() net.Addr             { return nil }
func (byteConn) SetDeadline(time.Time) error      { return nil }
func (byteConn) SetReadDeadline(time.Time) error  { return nil }
func (byteConn) SetWriteDeadline(time.Time) error { return nil }

// fuzzSession is a session in a folder of its own, among things that must stay.
func fuzzSession(t *testing.T, in string) (s *session, dir string) {
	dir = t.TempDir()
	job := backup.Job{UDID: testUDID, Dir: filepath.Join(dir, "v")}
	for p, c := range map[string]string{"canary": "canary", "v/OTHER/keep": "canary", "v/" + testUDID + "/aa/f": "good"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, p)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p), []byte(c), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tr, err := tree.Open(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	home, err := tree.Parse(testUDID)
	if err != nil {
		t.Fatal(err)
	}
	job.Wrote = func(tree.Rel, int64, [32]byte) {}
	job.Free = func(context.Context) (int64, error) { return 1 << 20, nil }
	s = &session{
		served: served{home: home, open: reader(tr), talk: talk{
			ctx: t.Context(), times: New(testOptions()).opts.Deadlines, prog: newProgress(nil),
			link: newLink(byteConn{strings.NewReader(in)}, time.Second),
		}},
		job: job, tree: tr, space: &budget{free: job.Free}, books: newLedger(testUDID, job.Wrote),
	}
	s.sink = newSink(tr, s.books.received)
	t.Cleanup(s.sink.close)
	return s, dir
}

// checkCanary is the oracle: nothing but this phone's folder has changed.
func checkCanary(t *testing.T, dir string) {
	for p := range hashTree(t, dir) {
		if !strings.HasPrefix(p, "v/"+testUDID+"/") && p != "canary" && p != "v/OTHER/keep" {
			t.Errorf("%q was made", p)
		}
	}
	for _, p := range []string{"canary", "v/OTHER/keep"} {
		if data, _ := os.ReadFile(filepath.Join(dir, p)); string(data) != "canary" {
			t.Errorf("%q was changed", p)
		}
	}
}

// FuzzDLMessage lets a session run on any bytes: it must end, and stay in.
func FuzzDLMessage(f *testing.F) {
	add := func(msgs ...[]any) {
		var b []byte
		for _, m := range msgs {
			data, err := plist.MarshalBinary(m)
			if err != nil {
				f.Fatal(err)
			}
			b = append(append(b, word(uint32(len(data)))...), data...)
		}
		f.Add(string(b))
	}
	add([]any{"DLMessageRemoveItems", []string{"../OTHER", u + "aa"}}, []any{"DLMessageCreateDirectory", u + "x"})
	add([]any{"DLMessageMoveItems", map[string]any{u + "aa/f": "OTHER/keep"}}, []any{"DLMessageCopyItem", u + "aa", u + "bb"})
	add([]any{"DLMessageDownloadFiles", []string{u + "aa/f", "../canary"}, map[string]any{}, 1.0})
	add([]any{"DLContentsOfDirectory", testUDID}, []any{"DLMessageGetFreeDiskSpace"}, []any{"DLMessagePurgeDiskSpace", 5})
	add([]any{"DLMessageProcessMessage", map[string]any{"MessageName": "Response", "ErrorCode": 0}})
	add([]any{"DLMessageUploadFiles", map[string]any{}, 1.0, 5})
	f.Fuzz(func(t *testing.T, in string) {
		s, dir := fuzzSession(t, in)
		_ = s.run()
		s.sink.close()
		checkCanary(t, dir)
	})
}

// FuzzUploadStream lets one batch be any bytes.
func FuzzUploadStream(f *testing.F) {
	f.Add(string(stream(file{u + "aa/f", "abc"}, file{"../x", "evil"}, file{"/.b/6/x", ""})))
	f.Add(string(cat(entry("f"), block(blockError, "gone"), entry("g"), block(blockData, "x"), block(blockError, ""), word(0))))
	f.Add(string(cat(entry("f"), word(0xFFFFFFFF), []byte{blockData})))
	f.Fuzz(func(t *testing.T, in string) {
		s, dir := fuzzSession(t, in)
		if err := s.upload(message{name: "DLMessageUploadFiles"}); err == nil && !endsBatch(in) {
			t.Error("a batch ended without its end")
		}
		s.sink.close()
		checkCanary(t, dir)
		for p := range hashTree(t, dir) {
			if strings.Contains(p, "hp-part") {
				t.Errorf("left behind: %s", p)
			}
		}
	})
}

// endsBatch looks for the word that ends a batch.
func endsBatch(in string) bool {
	return strings.Contains(in, string(binary.BigEndian.AppendUint32(nil, 0)))
}

// FuzzDevicePath: what resolve lets through is below the phone's folder.
func FuzzDevicePath(f *testing.F) {
	for _, c := range hostilePaths {
		f.Add(c.real())
	}
	home, err := tree.Parse(testUDID)
	if err != nil {
		f.Fatal(err)
	}
	s := &served{home: home, talk: talk{prog: newProgress(nil)}}
	f.Fuzz(func(t *testing.T, path string) {
		rel, err := s.resolve(path)
		if err != nil {
			if _, ok := errors.AsType[*tree.PathError](err); !ok && !errors.Is(err, errOutside) {
				t.Errorf("%q: %v", path, err)
			}
			return
		}
		p := filepath.Join("/top", filepath.FromSlash(rel.String()))
		if p != "/top/"+testUDID && !strings.HasPrefix(p, "/top/"+testUDID+"/") {
			t.Errorf("%q leads to %s", path, p)
		}
	})
}
