package lockdown

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/danielpaulus/go-ios/ios"

	"homeport/usbmux"
	"homeport/usbmux/plist"
)

const testUDID = "00008110-000A1B2C3D4E5F60"

// testPairing is a pairing and the phone's half of it, made once.
var testPairing = sync.OnceValue(func() (made struct {
	*material
	device *rsa.PrivateKey
	record usbmux.PairRecord
}) {
	var err error
	if made.device, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&made.device.PublicKey)})
	// Twenty years ago: the certificates are expired, which is nobody's business.
	if made.material, err = newMaterial(public, time.Now().AddDate(-20, 0, 0)); err != nil {
		panic(err)
	}
	made.record = usbmux.PairRecord{
		HostID: "HOST", SystemBUID: "BUID", HostCertificate: made.hostCertificate, HostPrivateKey: made.hostKey,
		DeviceCertificate: made.deviceCertificate, EscrowBag: []byte("bag"),
	}
	return made
})

// peer is lockdownd's end of a connection, played by a test.
type peer struct{ net.Conn }

func (p *peer) request() (plist.Dict, error) {
	body, err := ios.NewPlistCodec().Decode(p.Conn)
	if err != nil {
		return nil, err
	}
	return plist.UnmarshalDict(body)
}

func (p *peer) reply(v any) error {
	body, err := plist.MarshalBinary(v)
	if err != nil {
		return err
	}
	_, err = p.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

// secure goes over to TLS as the phone, with its paired certificate unless config
// says otherwise.
func (p *peer) secure(config *tls.Config) error {
	if len(config.Certificates) == 0 {
		block, _ := pem.Decode(testPairing().deviceCertificate)
		config.Certificates = []tls.Certificate{{Certificate: [][]byte{block.Bytes}, PrivateKey: testPairing().device}}
	}
	conn := tls.Server(p.Conn, config)
	err := conn.Handshake()
	p.Conn = conn
	return err
}

// session answers StartSession and goes over to TLS.
func (p *peer) session() error {
	if _, err := p.request(); err != nil {
		return err
	}
	if err := p.reply(map[string]any{"Request": "StartSession", "SessionID": "S", "EnableSessionSSL": true}); err != nil {
		return err
	}
	return p.secure(&tls.Config{})
}

// serve answers with what answer returns, until the host goes.
func (p *peer) serve(answer func(plist.Dict) any) {
	for {
		request, err := p.request()
		if err != nil || p.reply(answer(request)) != nil {
			return
		}
	}
}

// normal answers a session's requests as a phone with few values does.
func normal(request plist.Dict) any {
	name, _ := request.String("Request")
	key, _ := request.String("Key")
	reply := map[string]any{"Request": name}
	switch {
	case name == "QueryType":
		reply["Type"] = normalMode
	case key == "UniqueDeviceID":
		reply["Value"] = testUDID
	case name == "GetValue" && key == "":
		reply["Value"] = map[string]any{"UniqueDeviceID": testUDID}
	default:
		reply["Error"] = "MissingValue"
	}
	return reply
}

// fakePhone is a usbmuxd with a phone whose ports are played by script.
func fakePhone(t *testing.T, script func(port uint16, p *peer)) *Phone {
	t.Helper()
	testPairing() // making keys takes its time: not while usbmuxd is waited for
	dir, err := os.MkdirTemp("", "mux")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				if port, ok := playMux(conn); ok {
					script(port, &peer{conn})
				}
			})
		}
	})
	link := usbmux.Link{DeviceID: 1, UDID: testUDID, Connection: usbmux.USB}
	phone := New(usbmux.NewClient(usbmux.Address{Network: "unix", Addr: path}), link)
	t.Cleanup(func() {
		_ = phone.Close()
		_ = l.Close()
		wg.Wait()
		_ = os.RemoveAll(dir)
	})
	return phone
}

// playMux answers one connection's request as usbmuxd does, and returns the port
// when it became a tunnel.
func playMux(conn net.Conn) (uint16, bool) {
	mux := ios.NewUsbMuxConnection(ios.NewDeviceConnectionWithConn(conn))
	for {
		msg, err := mux.ReadMessage()
		if err != nil {
			return 0, false
		}
		request, err := plist.UnmarshalDict(msg.Payload)
		if err != nil {
			return 0, false
		}
		kind, _ := request.String("MessageType")
		reply := map[string]any{"MessageType": "Result", "Number": 0}
		switch kind {
		case "ReadPairRecord":
			data, _ := plist.MarshalXML(testPairing().record)
			reply = map[string]any{"PairRecordData": data}
		case "ListDevices":
			reply = map[string]any{"DeviceList": []any{map[string]any{"DeviceID": 1, "MessageType": "Attached", "Properties": map[string]any{
				"ConnectionType": "USB", "DeviceID": 1, "SerialNumber": testUDID, "LocationID": 1, "ProductID": 0x12A8, "ConnectionSpeed": 480_000_000,
			}}}}
		case "ReadBUID":
			reply = map[string]any{"BUID": "BUID"}
		}
		body, err := plist.MarshalXML(reply)
		if err != nil {
			return 0, false
		}
		msg.Header.Length, msg.Payload = uint32(16+len(body)), body
		if mux.SendMuxMessage(msg) != nil {
			return 0, false
		}
		if kind == "Connect" {
			port, _ := request.Int("PortNumber")
			return ios.Ntohs(uint16(port)), true
		}
	}
}

// silence reads until the host goes, and says nothing.
func silence(p *peer) { _, _ = io.Copy(io.Discard, p) }
