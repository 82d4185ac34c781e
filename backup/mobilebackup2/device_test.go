package mobilebackup2

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeport/backup"
	"homeport/usbmux/plist"
)

// device is a phone whose every message the test writes down. It is a second,
// small reading of the wire; its methods panic with errCut when the host has
// gone, which ends the script.
type device struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	full bool // what the Backup request asked for
}

// errCut ends a script whose host has closed the connection.
var errCut = errors.New("the host has gone")

// scripted is a phone that plays script after the handshake and the request.
func scripted(t testing.TB, script func(d *device)) *testPhone {
	return scriptedRaw(t, func(d *device) {
		d.handshake(400)
		d.request()
		script(d)
	})
}

// scriptedRaw plays script from the first byte.
func scriptedRaw(t testing.TB, script func(d *device)) *testPhone {
	p := newTestPhone(t, func(_ context.Context, conn net.Conn) error {
		d := &device{t: t, conn: conn, in: bufio.NewReader(conn)}
		defer func() {
			if r := recover(); r != nil && r != any(errCut) {
				panic(r)
			}
		}()
		script(d)
		return nil
	})
	p.pair = tcpPair(t)
	return p
}

func (d *device) handshake(major any) {
	d.send("DLMessageVersionExchange", major, 0)
	d.expect("DLMessageVersionExchange")
	d.send("DLMessageDeviceReady")
	d.expect("DLMessageProcessMessage")
	d.send("DLMessageProcessMessage", map[string]any{"MessageName": "Response", "ErrorCode": 0, "ProtocolVersion": 2.1})
}

// request reads the Backup request.
func (d *device) request() {
	m := d.expect("DLMessageProcessMessage")
	req, _ := m[1].(map[string]any)
	if req["MessageName"] != "Backup" || req["TargetIdentifier"] != testUDID {
		d.t.Errorf("request: %v", req)
	}
	opts, _ := req["Options"].(map[string]any)
	d.full, _ = opts["ForceFullBackup"].(bool)
}

func (d *device) bytes(b []byte) {
	if _, err := d.conn.Write(b); err != nil {
		panic(errCut)
	}
}

func word(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// send sends a message.
func (d *device) send(msg ...any) {
	body, err := plist.MarshalBinary(msg)
	if err != nil {
		d.t.Errorf("encode %v: %v", msg, err)
		panic(errCut)
	}
	d.bytes(append(word(uint32(len(body))), body...))
}

// receive reads a message.
func (d *device) receive() []any {
	var head [4]byte
	if _, err := io.ReadFull(d.in, head[:]); err != nil {
		panic(errCut)
	}
	body := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(d.in, body); err != nil {
		panic(errCut)
	}
	var m []any
	if err := plist.Unmarshal(body, &m); err != nil || len(m) == 0 {
		d.t.Errorf("message from the host: %v %x", err, body)
		panic(errCut)
	}
	return m
}

func (d *device) expect(name string) []any {
	m := d.receive()
	if m[0] != name {
		d.t.Errorf("the host sent %v, want %s", m, name)
		panic(errCut)
	}
	return m
}

// answer is a StatusResponse.
type answer struct {
	code    int64
	payload any
}

// codes are the per-path codes of a multi status.
func (a answer) codes() map[string]int64 {
	codes := map[string]int64{}
	dict, _ := a.payload.(map[string]any)
	for path, v := range dict {
		entry, _ := v.(map[string]any)
		codes[path], _ = asInt(entry["DLFileErrorCode"])
	}
	return codes
}

func (d *device) status() answer {
	m := d.expect("DLMessageStatusResponse")
	if len(m) != 4 {
		d.t.Errorf("status of %d elements: %v", len(m), m)
		panic(errCut)
	}
	code, ok := asInt(m[1])
	if !ok {
		d.t.Errorf("status code %T", m[1])
	}
	return answer{code, m[3]}
}

// ask sends a message and reads its status.
func (d *device) ask(msg ...any) answer {
	d.send(msg...)
	return d.status()
}

// file is one file of an upload stream.
type file struct {
	path, content string
}

func name(path string) []byte { return append(word(uint32(len(path))), path...) }

func block(code byte, data string) []byte {
	return append(append(word(uint32(len(data)+1)), code), data...)
}

// stream is the bytes of an upload of files.
func stream(files ...file) []byte {
	var b []byte
	for _, f := range files {
		b = append(b, name("/private/var/mobile/x")...)
		b = append(b, name(f.path)...)
		if f.content != "" {
			b = append(b, block(blockData, f.content)...)
		}
		b = append(b, block(blockDone, "")...)
	}
	return append(b, word(0)...)
}

// upload sends files and reads the status.
func (d *device) upload(files ...file) answer {
	d.send("DLMessageUploadFiles", map[string]any{}, 10.0, uint64(1))
	d.bytes(stream(files...))
	return d.status()
}

// uploadRaw sends a stream as it is and reads the status.
func (d *device) uploadRaw(raw []byte) answer {
	d.send("DLMessageUploadFiles", map[string]any{}, 10.0, uint64(1))
	d.bytes(raw)
	return d.status()
}

// download asks for files and gives what came, with an error text as "!text".
func (d *device) download(paths ...string) (map[string]string, answer) {
	d.send("DLMessageDownloadFiles", paths, map[string]any{}, 1.0)
	got := map[string]string{}
	read := func(n uint32) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(d.in, b); err != nil {
			panic(errCut)
		}
		return b
	}
	number := func() uint32 { return binary.BigEndian.Uint32(read(4)) }
	for {
		n := number()
		if n == 0 {
			break
		}
		path, data := string(read(n)), ""
		for {
			b := read(number())
			if len(b) > 32<<10 {
				d.t.Errorf("a frame of %d bytes", len(b))
			}
			if b[0] == blockData {
				data += string(b[1:])
				continue
			}
			if b[0] == blockLocalError {
				data = "!" + string(b[1:])
			}
			break
		}
		got[path] = data
	}
	return got, d.status()
}

// statusPlist is a Status.plist of the given states.
func statusPlist(snapshot, state string) string {
	data, err := plist.MarshalBinary(map[string]any{
		"SnapshotState": snapshot, "BackupState": state, "IsFullBackup": true, "Version": "3.3", "UUID": "X", "Date": time.Unix(0, 0),
	})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// complete makes what is there a finished backup and ends the session well.
func (d *device) complete() {
	d.ask("DLMessageCreateDirectory", testUDID)
	for _, f := range []file{{"Manifest.plist", "manifest"}, {"Manifest.db", "db"}, {"Status.plist", statusPlist("finished", "new")}} {
		f.path = testUDID + "/" + f.path
		if a := d.upload(f); a.code != 0 {
			d.t.Errorf("upload %s: %+v", f.path, a)
		}
	}
	d.end(0)
}

// end gives the result and waits for the host to leave.
func (d *device) end(code any) { d.endWith(code, "text (MBErrorDomain/x)") }

func (d *device) endWith(code any, text string) {
	d.send("DLMessageProcessMessage", map[string]any{"MessageName": "Response", "ErrorCode": code, "ErrorDescription": text})
	_, _ = io.Copy(io.Discard, d.in)
}

// base fills a job's folder with a small backup.
func base(t testing.TB, job backup.Job, files ...file) {
	t.Helper()
	for _, f := range append(files, file{"Info.plist", "old info"}) {
		p := filepath.Join(home(job), f.path)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// play runs a backup against a script, with the folder set up by prepare.
func play(t testing.TB, prepare func(job *backup.Job), script func(d *device)) (backup.Result, backup.Job, error) {
	t.Helper()
	job := testJob(t, scripted(t, script))
	if prepare != nil {
		prepare(&job)
	}
	r, err := New(testOptions()).Backup(t.Context(), job, nil)
	return r, job, err
}

// content reads a file of the backup, or says why not.
func content(job backup.Job, path string) string {
	data, err := os.ReadFile(filepath.Join(home(job), path))
	if err != nil {
		return fmt.Sprintf("error: %v", errors.Unwrap(err))
	}
	return string(data)
}

// hang says nothing more until the host has left.
func (d *device) hang() { _, _ = io.Copy(io.Discard, d.in) }
