package simulator

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

func TestMuxRequests(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{})
	c := dial(t, s)
	if got := c.mux(map[string]any{"MessageType": "ReadBUID"}); got["BUID"] != s.config.BUID || got["MessageType"] != nil {
		t.Errorf("ReadBUID: %v", got)
	}
	list, _ := c.mux(map[string]any{"MessageType": "ListDevices"})["DeviceList"].([]any)
	if len(list) != 1 {
		t.Fatalf("devices: %v", list)
	}
	properties := list[0].(map[string]any)["Properties"].(map[string]any)
	if properties["SerialNumber"] != testUDID || properties["ConnectionType"] != "USB" {
		t.Errorf("properties: %v", properties)
	}
	for kind, want := range map[string]uint64{"Nonsense": resultBadCommand, "": resultBadCommand} {
		if n, _ := number(c.mux(map[string]any{"MessageType": kind}), "Number"); n != want {
			t.Errorf("%q: result %d, want %d", kind, n, want)
		}
	}
	for _, each := range []struct {
		id, port int
		want     uint64
	}{{1, 1, resultRefused}, {99, 32498, resultBadDevice}, {1, 70000, resultBadCommand}, {1, 62078, resultRefused}} {
		got := c.mux(map[string]any{"MessageType": "Connect", "DeviceID": each.id, "PortNumber": each.port})
		if n, _ := number(got, "Number"); n != each.want {
			t.Errorf("connect %d %d: result %d, want %d", each.id, each.port, n, each.want)
		}
	}
}

func TestMuxKeepsTheExactRecord(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{})
	c, data := dial(t, s), []byte("\x00 any bytes \xff")
	read := map[string]any{"MessageType": "ReadPairRecord", "PairRecordID": testUDID}
	if n, _ := number(c.mux(read), "Number"); n != errnoNoEntry {
		t.Errorf("no record: %d", n)
	}
	c.mux(map[string]any{"MessageType": "SavePairRecord", "PairRecordID": testUDID, "PairRecordData": data})
	if got := c.mux(read); !bytes.Equal(blob(got, "PairRecordData"), data) || got["MessageType"] != nil {
		t.Errorf("read back %v", got)
	}
	c.mux(map[string]any{"MessageType": "DeletePairRecord", "PairRecordID": testUDID})
	if n, _ := number(c.mux(read), "Number"); n != errnoNoEntry {
		t.Errorf("after delete: %d", n)
	}
	if n, _ := number(c.mux(map[string]any{"MessageType": "ReadPairRecord"}), "Number"); n != errnoInvalid {
		t.Errorf("without an id: %d", n)
	}
}

func TestMuxEvents(t *testing.T) {
	t.Parallel()
	s, phone := start(t, PhoneSpec{Connection: "both"})
	c := dial(t, s)
	if n, _ := number(c.mux(map[string]any{"MessageType": "Listen", "ProgName": "events"}), "Number"); n != resultOK {
		t.Fatalf("listen: %d", n)
	}
	expect := func(kind string, id uint64) {
		t.Helper()
		event, tag := c.muxMessage()
		if got, _ := number(event, "DeviceID"); event["MessageType"] != kind || got != id || tag != 0 {
			t.Fatalf("got %v %d tag %d, want %s %d", event["MessageType"], got, tag, kind, id)
		}
	}
	expect("Attached", 1)
	expect("Attached", 2)
	phone.Detach()
	expect("Detached", 1)
	expect("Detached", 2)
	phone.Attach()
	expect("Attached", 3) // never the same number twice
	expect("Attached", 4)
	other := dial(t, s)
	other.mux(map[string]any{"MessageType": "SavePairRecord", "PairRecordID": testUDID, "PairRecordData": []byte("x"), "DeviceID": 3})
	expect("Paired", 3)
	must(t, phone.PairByDaemon())
	expect("Paired", 3)
	expect("Paired", 4)
	session(t, s)
	list, _ := other.mux(map[string]any{"MessageType": "ListListeners"})["ListenerList"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["ProgName"] != "events" {
		t.Errorf("listeners: %v", list)
	}
}

func TestMuxSurvivesGarbage(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{})
	word := func(words ...uint32) []byte {
		var out []byte
		for _, w := range words {
			out = binary.LittleEndian.AppendUint32(out, w)
		}
		return out
	}
	for name, garbage := range map[string][]byte{
		"text":        []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"too short":   word(3, 1, 8, 1),
		"too long":    word(0xffffffff, 1, 8, 1),
		"binary":      word(16, 0, 3, 1),
		"bad plist":   append(word(20, 1, 8, 1), "bpli"...),
		"bomb":        append(word(16+48, 1, 8, 1), append([]byte("bplist00"), bytes.Repeat([]byte{0xff}, 40)...)...),
		"cut header":  word(20, 1),
		"not a plist": append(word(16+6, 1, 8, 1), "<plist"...),
	} {
		c := dial(t, s)
		_, err := c.Write(garbage)
		must(t, err)
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, c); err != nil && name != "text" && name != "too long" && name != "too short" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := dial(t, s).mux(map[string]any{"MessageType": "ReadBUID"}); got["BUID"] == nil {
		t.Errorf("after garbage: %v", got)
	}
}

func TestMuxRestart(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	s := startConfig(t, Config{Phones: []PhoneSpec{{UDID: testUDID}}, Listen: []string{"unix://" + path, "tcp://127.0.0.1:0"}})
	phone := s.Phones()[0]
	phone.Detach()
	phone.Attach()
	listen := func() *client {
		conn, err := net.Dial("unix", path)
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		return &client{Conn: conn, t: t}
	}
	c := listen()
	c.mux(map[string]any{"MessageType": "Listen"})
	c.muxMessage()
	played := s.Play(MuxRestart{Down: 200 * time.Millisecond})[0]
	if rest, _ := io.ReadAll(c); len(rest) != 0 {
		t.Errorf("a daemon that died said %q", rest)
	}
	if _, err := net.Dial("unix", path); err == nil {
		t.Error("a dead daemon accepts")
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSocket == 0 {
		t.Errorf("no stale socket: %v", err)
	}
	eventually(t, "the daemon is back", func() bool {
		conn, err := net.Dial("unix", path)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	if !played.Fired() {
		t.Error("not fired")
	}
	c = listen()
	c.mux(map[string]any{"MessageType": "Listen"})
	event, _ := c.muxMessage()
	if id, _ := number(event, "DeviceID"); id != 1 {
		t.Errorf("device number %d after a restart, want 1", id)
	}
}

func TestMuxHangAndNonsense(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{})
	hang := s.Play(MuxHang{})[0]
	c := dial(t, s)
	frame, err := muxFrame(map[string]any{"MessageType": "ReadBUID"}, 1)
	must(t, err)
	_, err = c.Write(frame)
	must(t, err)
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Fatal("a hung daemon answered")
	}
	hang.Cancel()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	c.muxMessage()

	s.Play(BadListEntry{})
	list, _ := c.mux(map[string]any{"MessageType": "ListDevices"})["DeviceList"].([]any)
	if len(list) != 2 || list[1].(map[string]any)["Properties"] != nil {
		t.Errorf("list with a bad entry: %v", list)
	}
	s.Play(MuxReply{Request: "ReadBUID", TagShift: 5})
	_, err = c.Write(frame)
	must(t, err)
	if _, tag := c.muxMessage(); tag != 6 {
		t.Errorf("tag %d, want one that is off by 5", tag)
	}
}

func TestMuxReplies(t *testing.T) {
	t.Parallel()
	s, _ := start(t, PhoneSpec{Connection: "network"})
	c := dial(t, s)
	s.Play(MuxReply{Request: "ListDevices", Reply: map[string]any{"DeviceList": "none"}, Times: 2})
	for range 2 {
		if got := c.mux(map[string]any{"MessageType": "ListDevices"}); got["DeviceList"] != "none" {
			t.Errorf("nonsense: %v", got)
		}
	}
	list, _ := c.mux(map[string]any{"MessageType": "ListDevices"})["DeviceList"].([]any)
	properties := list[0].(map[string]any)["Properties"].(map[string]any)
	if address := blob(properties, "NetworkAddress"); properties["ConnectionType"] != "Network" || len(address) != 16 || address[0] != 16 {
		t.Errorf("network link: %v", properties)
	}
	if s.Traffic().Total() == 0 {
		t.Error("no mux bytes counted")
	}
	connect(t, s, lockdownPort).ask(map[string]any{"Request": "QueryType"})
}
