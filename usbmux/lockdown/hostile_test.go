package lockdown

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"homeport/cause"
	"homeport/usbmux/plist"
)

func isCause(err error, want cause.ID) bool {
	id, known := cause.Of(err)
	return known && id == want
}

func inTime(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if d := time.Since(start); d > limit {
		t.Errorf("took %v, at most %v", d, limit)
	}
}

// TestHostileAnswers holds what a phone may answer to its first request.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	raw := func(b ...byte) func(*peer) { return func(p *peer) { _, _ = p.Write(b) } }
	reply := func(v any) func(*peer) { return func(p *peer) { _ = p.reply(v) } }
	length := func(n uint32, body string) []byte { return append(binary.BigEndian.AppendUint32(nil, n), body...) }
	tests := map[string]struct {
		play func(*peer)
		want cause.ID
	}{
		"hangs up":             {func(*peer) {}, cause.MuxConnectFailed},
		"half a length":        {raw(0, 0), cause.MuxConnectFailed},
		"half an answer":       {raw(length(100, "bplist00")...), cause.MuxConnectFailed},
		"silence":              {silence, cause.TransferStalled},
		"length 0":             {raw(0, 0, 0, 0), cause.ProtocolError},
		"length 1":             {raw(0, 0, 0, 1, 'x'), cause.ProtocolError},
		"length 2^31":          {raw(0x80, 0, 0, 0), cause.ProtocolError},
		"length 2^32-1":        {raw(255, 255, 255, 255), cause.ProtocolError},
		"TLS out of turn":      {raw(0x15, 3, 3, 0, 2, 2, 40), cause.ProtocolError},
		"no list":              {raw(length(5, "hello")...), cause.ProtocolError},
		"old text format":      {raw(length(7, "{a=b;}\n")...), cause.ProtocolError},
		"an array":             {reply([]any{"QueryType"}), cause.ProtocolError},
		"another's answer":     {reply(map[string]any{"Request": "GetValue", "Type": normalMode}), cause.ProtocolError},
		"no type":              {reply(map[string]any{"Request": "QueryType"}), cause.ProtocolError},
		"type is a number":     {reply(map[string]any{"Request": "QueryType", "Type": 5}), cause.ProtocolError},
		"restore mode":         {reply(map[string]any{"Request": "QueryType", "Type": restoreMode}), cause.DeviceInRecovery},
		"an error of tomorrow": {reply(map[string]any{"Error": strings.Repeat("x", 100_000)}), cause.Unknown},
		"an error with escape": {reply(map[string]any{"Error": "\x1b]0;pwn\a"}), cause.Unknown},
		"error is a list":      {reply(map[string]any{"Error": []any{1}}), cause.Unknown},
		"iOS 4's failure":      {reply(map[string]any{"Result": "Failure"}), cause.Unknown},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := fakePhone(t, func(_ uint16, p *peer) {
				if _, err := p.request(); err == nil {
					tc.play(p)
				}
			})
			if tc.want == cause.TransferStalled {
				phone.pace.answer = 300 * time.Millisecond
			}
			inTime(t, 5*time.Second, func() {
				_, err := phone.Facts(t.Context())
				if !isCause(err, tc.want) {
					t.Errorf("%.200v, want %s", err, tc.want)
				} else if s := err.Error(); len(s) > 500 || strings.ContainsAny(s, "\x1b\a") {
					t.Errorf("error of %d bytes: %.100q", len(s), s)
				}
			})
		})
	}
}

// impostorCertificate is a valid certificate that nobody agreed on.
func impostorCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestSessions holds the ways in which a session begins, or does not.
func TestSessions(t *testing.T) {
	t.Parallel()
	start := func(p *peer, extra map[string]any) bool {
		reply := map[string]any{"Request": "StartSession", "SessionID": "S", "EnableSessionSSL": true}
		for k, v := range extra {
			reply[k] = v
		}
		_, err := p.request()
		return err == nil && p.reply(reply) == nil
	}
	over := func(config *tls.Config) func(*peer) {
		return func(p *peer) {
			if start(p, nil) && p.secure(config) == nil {
				p.serve(normal)
			}
		}
	}
	block, _ := pem.Decode(testPairing().hostCertificate)
	hostOnly := &tls.Config{ClientAuth: tls.RequireAnyClientCert, VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
		if !bytes.Equal(raw[0], block.Bytes) {
			return errors.New("not the host")
		}
		return nil
	}}
	forgotten := &tls.Config{ClientAuth: tls.RequireAnyClientCert,
		VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { return errors.New("nobody I know") }}
	hangsUp := func(version uint16) func(*peer) {
		return func(p *peer) {
			if conn := p.Conn; start(p, nil) {
				_ = p.secure(&tls.Config{MaxVersion: version, ClientAuth: tls.RequireAnyClientCert,
					VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { return conn.Close() }})
			}
		}
	}
	forgotten12 := forgotten.Clone()
	forgotten12.MaxVersion = tls.VersionTLS12
	tests := map[string]struct {
		play func(*peer)
		want cause.ID // "" for a session
	}{
		"TLS 1.3, host certificate shown": {over(hostOnly), ""},
		"TLS 1.2":                         {over(&tls.Config{MaxVersion: tls.VersionTLS12}), ""},
		"TLS 1.1 at most":                 {over(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), cause.PairRecordStale},
		"another certificate":             {over(&tls.Config{Certificates: []tls.Certificate{impostorCertificate(t)}}), cause.DeviceIdentityMismatch},
		"our certificate refused, 1.3":    {over(forgotten), cause.PairRecordStale},
		"our certificate refused, 1.2":    {over(forgotten12), cause.PairRecordStale},
		"no TLS offered": {func(p *peer) {
			if start(p, map[string]any{"EnableSessionSSL": false}) {
				p.serve(normal)
			}
		}, cause.DeviceIdentityMismatch},
		"plaintext in place of TLS": {func(p *peer) {
			if start(p, nil) {
				_ = p.reply(normal(plist.Dict{"Request": "GetValue", "Key": "UniqueDeviceID"}))
				silence(p)
			}
		}, cause.ProtocolError},
		"hangs up in the handshake": {func(p *peer) {
			if start(p, nil) {
				_, _ = p.Read(make([]byte, 10))
			}
		}, cause.MuxConnectFailed},
		"refuses before a byte is read": {func(p *peer) {
			if start(p, nil) {
				_, _ = p.Write([]byte{0x15, 3, 3, 0, 2, 2, 40})
			}
		}, cause.PairRecordStale},
		"hangs up when it has seen our certificate, 1.3": {hangsUp(tls.VersionTLS13), cause.PairRecordStale},
		"hangs up when it has seen our certificate, 1.2": {hangsUp(tls.VersionTLS12), cause.PairRecordStale},
		"silent handshake": {func(p *peer) {
			if start(p, nil) {
				silence(p)
			}
		}, cause.TransferStalled},
		"another phone inside": {func(p *peer) {
			if p.session() == nil {
				p.serve(func(plist.Dict) any {
					return map[string]any{"Request": "GetValue", "Value": strings.Repeat("ab", 20)}
				})
			}
		}, cause.DeviceIdentityMismatch},
		"no UDID inside": {func(p *peer) {
			if p.session() == nil {
				p.serve(func(plist.Dict) any { return map[string]any{"Request": "GetValue", "Value": 5} })
			}
		}, cause.DeviceIdentityMismatch},
		"unknown here": {func(p *peer) { start(p, map[string]any{"Error": "InvalidHostID"}) }, cause.PairRecordStale},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := fakePhone(t, func(_ uint16, p *peer) { tc.play(p) })
			if tc.want == cause.TransferStalled {
				phone.pace.answer = 500 * time.Millisecond
			}
			inTime(t, 10*time.Second, func() {
				err := phone.Trust(t.Context())
				if tc.want == "" && err != nil || tc.want != "" && !isCause(err, tc.want) {
					t.Errorf("%v, want %q", err, tc.want)
				}
			})
			if tc.want != "" && phone.Sessions() != 0 {
				t.Error("counted as a session")
			}
		})
	}
}

// TestServiceReplies holds what StartService may answer, and what the service's
// port may do.
func TestServiceReplies(t *testing.T) {
	t.Parallel()
	with := func(extra map[string]any) map[string]any {
		reply := map[string]any{"Request": "StartService", "Service": "s", "Port": 50000, "EnableServiceSSL": true}
		for k, v := range extra {
			if reply[k] = v; v == nil {
				delete(reply, k)
			}
		}
		return reply
	}
	hello := func(p *peer) { _, _ = io.WriteString(p, "hello"); silence(p) }
	secure := func(config *tls.Config) func(*peer) {
		return func(p *peer) {
			if p.secure(config) == nil {
				hello(p)
			}
		}
	}
	tests := map[string]struct {
		reply map[string]any
		port  func(*peer)
		want  cause.ID // "" for a service that says hello
	}{
		"TLS":                   {with(nil), secure(&tls.Config{}), ""},
		"no TLS asked for":      {with(map[string]any{"EnableServiceSSL": false}), hello, ""},
		"TLS not mentioned":     {with(map[string]any{"EnableServiceSSL": nil}), hello, ""},
		"no port":               {with(map[string]any{"Port": nil}), nil, cause.ProtocolError},
		"port 0":                {with(map[string]any{"Port": 0}), nil, cause.ProtocolError},
		"port 65536":            {with(map[string]any{"Port": 65536}), nil, cause.ProtocolError},
		"port -1":               {with(map[string]any{"Port": -1}), nil, cause.ProtocolError},
		"port is text":          {with(map[string]any{"Port": "50000"}), nil, cause.ProtocolError},
		"another certificate":   {with(nil), secure(&tls.Config{Certificates: []tls.Certificate{impostorCertificate(t)}}), cause.DeviceIdentityMismatch},
		"plaintext for TLS":     {with(nil), hello, cause.ProtocolError},
		"closes at once":        {with(nil), func(*peer) {}, cause.MuxConnectFailed},
		"prohibited":            {with(map[string]any{"Error": "ServiceProhibited"}), nil, cause.BackupServiceRefused},
		"locked since it began": {with(map[string]any{"Error": "PasswordProtected"}), nil, cause.DeviceNotUnlockedSinceBoot},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := fakePhone(t, func(port uint16, p *peer) {
				if port != lockdownPort {
					tc.port(p)
					return
				}
				if p.session() != nil {
					return
				}
				p.serve(func(request plist.Dict) any {
					if name, _ := request.String("Request"); name != "StartService" {
						return normal(request)
					}
					if bag, _ := request.Bytes("EscrowBag"); string(bag) != "bag" {
						t.Errorf("escrow bag %q", bag)
					}
					return tc.reply
				})
			})
			conn, err := phone.Open(t.Context(), "s")
			if tc.want != "" {
				if !isCause(err, tc.want) {
					t.Errorf("%v, want %s", err, tc.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			got := make([]byte, 5)
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != "hello" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// askedPhone is a phone that answers Pair with what answer returns, and counts
// from 1.
func askedPhone(t *testing.T, answer func(p *peer, n int, offer plist.Dict) string) *Phone {
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&testPairing().device.PublicKey)})
	var mu sync.Mutex
	asked := 0
	phone := fakePhone(t, func(_ uint16, p *peer) {
		p.serve(func(request plist.Dict) any {
			mu.Lock()
			defer mu.Unlock()
			name, _ := request.String("Request")
			key, _ := request.String("Key")
			reply := map[string]any{"Request": name}
			switch {
			case name == "StartSession":
				reply["Error"] = "InvalidHostID"
			case key == "DevicePublicKey":
				reply["Value"] = public
			case name == "Pair":
				asked++
				offer, _ := request.Dict("PairRecord")
				reply["Error"] = answer(p, asked, offer)
			default:
				return normal(request)
			}
			return reply
		})
	})
	phone.pace.poll, phone.pace.patience = 20*time.Millisecond, time.Minute
	return phone
}

// TestPairAnew: a phone that does not like the id that it is offered is offered
// another one, once.
func TestPairAnew(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	ids := map[string]bool{}
	phone := askedPhone(t, func(_ *peer, _ int, offer plist.Dict) string {
		mu.Lock()
		defer mu.Unlock()
		id, _ := offer.String("HostID")
		ids[id] = true
		return "InvalidHostID"
	})
	if id, _ := cause.Of(phone.Pair(t.Context(), nil)); id != cause.PairRecordStale || len(ids) != 2 {
		t.Errorf("%s, %d ids were offered", id, len(ids))
	}
}

// TestPairKeepsItsKeys: each try offers the same keys, over whatever connection.
func TestPairKeepsItsKeys(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var offers []plist.Dict
	phone := askedPhone(t, func(p *peer, n int, offer plist.Dict) string {
		mu.Lock()
		defer mu.Unlock()
		offers = append(offers, offer)
		if n == 2 {
			_ = p.Close() // the phone closes the connection between two tries
		}
		if n == 4 {
			return "UserDeniedPairing"
		}
		return "PairingDialogResponsePending"
	})
	var states []PairState
	if err := phone.Pair(t.Context(), func(s PairState) { states = append(states, s) }); !isCause(err, cause.TrustDenied) {
		t.Errorf("%v", err)
	}
	if len(states) != 2 || states[1] != PairDialog {
		t.Errorf("states %v", states)
	}
	mu.Lock()
	defer mu.Unlock()
	for i, offer := range offers {
		host, _ := offer.String("HostID")
		certificate, _ := offer.Bytes("HostCertificate")
		first, _ := offers[0].Bytes("HostCertificate")
		if host == "" || host != offers[0]["HostID"] || !bytes.Equal(certificate, first) {
			t.Errorf("offer %d differs: host %s", i, host)
		}
		if _, leaked := offer["HostPrivateKey"]; leaked {
			t.Error("the private key went to the phone")
		}
	}
	if len(offers) != 4 {
		t.Errorf("%d offers", len(offers))
	}
}

// TestPairRunsOut: nobody comes.
func TestPairRunsOut(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]cause.ID{"PairingDialogResponsePending": cause.NotTrusted, "PasswordProtected": cause.DeviceLocked} {
		phone := askedPhone(t, func(*peer, int, plist.Dict) string { return code })
		phone.pace.patience = 200 * time.Millisecond
		if err := phone.Pair(t.Context(), nil); !isCause(err, want) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestIdleSessionIsClosed(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 1)
	phone := fakePhone(t, func(_ uint16, p *peer) {
		if p.session() == nil {
			p.serve(normal)
			gone <- struct{}{}
		}
	})
	phone.pace.linger = 50 * time.Millisecond
	for want := 1; want <= 2; want++ {
		if _, err := phone.Values(t.Context(), "d"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-gone:
		case <-time.After(5 * time.Second):
			t.Fatal("the session was not closed")
		}
		if phone.Sessions() != want {
			t.Errorf("%d sessions, want %d", phone.Sessions(), want)
		}
	}
}

func TestEveryCodeHasACause(t *testing.T) {
	t.Parallel()
	for code, id := range codeCauses {
		if _, known := cause.Lookup(id); !known {
			t.Errorf("%s: the catalogue has no %s", code, id)
		}
		err := refusal(plist.Dict{"Error": code}, "Pair", "")
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != code || !isCause(err, id) {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := refusal(plist.Dict{"Result": "Success", "Request": "Pair"}, "Pair", ""); err != nil {
		t.Error(err)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Zoë 📱": "Zoë 📱", "a\x1b]0;pwn\ab": "a]0;pwnb", "x\n[ERROR] fake": "x[ERROR] fake", "evil\u202egnp.exe": "evilgnp.exe",
		"bad\xff\xfe": "bad", "👩\u200d🚀": "👩\u200d🚀", strings.Repeat("é", 200): strings.Repeat("é", 128),
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// streamConn is a connection on which a fixed stream arrives.
type streamConn struct {
	net.Conn
	io.Reader
}

func (c streamConn) Read(p []byte) (int, error) { return c.Reader.Read(p) }
func (streamConn) Write(p []byte) (int, error)  { return len(p), nil }
func (streamConn) SetDeadline(time.Time) error  { return nil }
func (streamConn) Close() error                 { return nil }

// FuzzAnswer gives lockdownd's answer any bytes: it must come back as an answer or
// as an error with a cause.
func FuzzAnswer(f *testing.F) {
	for _, v := range []any{map[string]any{"Request": "GetValue", "Value": map[string]any{"UniqueDeviceID": "x"}}, map[string]any{"Error": "MissingValue"}} {
		if body, err := plist.MarshalXML(v); err == nil {
			f.Add(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		conn := streamConn{Reader: bytes.NewReader(stream)}
		c := &channel{raw: conn, conn: conn, timeout: time.Second}
		values, err := c.values(context.Background(), "")
		if _, known := cause.Of(err); err != nil && !known {
			t.Errorf("no cause: %v", err)
		}
		if err == nil {
			readFacts(values)
		}
	})
}
