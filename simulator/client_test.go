package simulator

import (
	"crypto/tls"
	"encoding/binary"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets more tests run side by side than there are processors, unless the command line says how many: the stock tools spend
// their time sleeping.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "8")
	}
	goleak.VerifyTestMain(m)
}

const testUDID = "00008110-000A1B2C3D4E801E"

// start runs a simulator with one phone for a test. A fault that never fired fails it.
func start(t testing.TB, spec PhoneSpec) (*Simulator, *Phone) {
	t.Helper()
	if spec.UDID == "" {
		spec.UDID = testUDID
	}
	s := startConfig(t, Config{Phones: []PhoneSpec{spec}})
	return s, s.Phones()[0]
}

func startConfig(t testing.TB, config Config) *Simulator {
	t.Helper()
	s, err := Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// socketPath is short enough for a unix socket on every system.
func socketPath(t testing.TB) string {
	dir, err := os.MkdirTemp("", "mux")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// eventually polls a condition that other goroutines bring about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// must keeps tests on one line per step.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// client is one connection of a small host, written for these tests.
type client struct {
	net.Conn
	t testing.TB
}

func dial(t testing.TB, s *Simulator) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{Conn: conn, t: t}
}

// mux sends one request to usbmuxd and returns the answer, whose tag must be the request's.
func (c *client) mux(dict map[string]any) map[string]any {
	c.t.Helper()
	frame, err := muxFrame(dict, 7)
	must(c.t, err)
	_, err = c.Write(frame)
	must(c.t, err)
	reply, tag := c.muxMessage()
	if tag != 7 {
		c.t.Fatalf("tag %d, want 7", tag)
	}
	return reply
}

func (c *client) muxMessage() (map[string]any, uint32) {
	c.t.Helper()
	var head [16]byte
	_, err := io.ReadFull(c, head[:])
	must(c.t, err)
	body := make([]byte, binary.LittleEndian.Uint32(head[:])-16)
	_, err = io.ReadFull(c, body)
	must(c.t, err)
	dict, err := decodePlist(body)
	must(c.t, err)
	return dict, binary.LittleEndian.Uint32(head[12:])
}

// connect opens a tunnel to a device port of the first link listed.
func connect(t testing.TB, s *Simulator, port uint16) *client {
	t.Helper()
	c := dial(t, s)
	id := s.links()[0].id
	reply := c.mux(map[string]any{"MessageType": "Connect", "DeviceID": id, "PortNumber": int(port>>8 | port<<8)})
	if n, _ := number(reply, "Number"); n != resultOK {
		t.Fatalf("connect to %d: result %d", port, n)
	}
	return c
}

// ask sends one lockdown-like request and returns the answer.
func (c *client) ask(dict map[string]any) map[string]any {
	c.t.Helper()
	must(c.t, writePlist(c, dict))
	reply, err := readPlist(c)
	must(c.t, err)
	return reply
}

func (c *client) askError(dict map[string]any) string { return text(c.ask(dict), "Error") }

// record is the pair record that usbmuxd keeps for a phone that is born trusted.
func record(t testing.TB, s *Simulator) map[string]any {
	t.Helper()
	dict, err := decodePlist(s.PairRecord(testUDID))
	must(t, err)
	return dict
}

// secure puts TLS on the connection with the record's "Root" or "Host" pair, and checks the phone's certificate.
func (c *client) secure(record map[string]any, with string) *client {
	c.t.Helper()
	pair, err := tls.X509KeyPair(blob(record, with+"Certificate"), blob(record, with+"PrivateKey"))
	must(c.t, err)
	over := tls.Client(c.Conn, &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true})
	must(c.t, over.Handshake())
	want, err := certificateDER(blob(record, "DeviceCertificate"))
	must(c.t, err)
	if string(over.ConnectionState().PeerCertificates[0].Raw) != string(want) {
		c.t.Error("the phone shows another certificate than the paired one")
	}
	return &client{Conn: over, t: c.t}
}

// session opens lockdown with a session.
func session(t testing.TB, s *Simulator) (*client, string) {
	t.Helper()
	plain := connect(t, s, lockdownPort)
	keys := record(t, s)
	reply := plain.ask(map[string]any{"Request": "StartSession", "HostID": keys["HostID"], "SystemBUID": keys["SystemBUID"]})
	if reply["Error"] != nil {
		t.Fatalf("start session: %v", reply["Error"])
	}
	return plain.secure(keys, "Host"), text(reply, "SessionID")
}

// open starts a service in a session of its own and connects to it.
func open(t testing.TB, s *Simulator, service string) *client {
	t.Helper()
	c, _ := session(t, s)
	reply := c.ask(map[string]any{"Request": "StartService", "Service": service, "EscrowBag": record(t, s)["EscrowBag"]})
	port, ok := number(reply, "Port")
	if !ok {
		t.Fatalf("start %s: %v", service, reply)
	}
	return connect(t, s, uint16(port)).secure(record(t, s), "Host")
}
