package usbmux

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/danielpaulus/go-ios/ios"
	"github.com/google/go-cmp/cmp"

	"homeport/cause"
	"homeport/usbmux/plist"
)

const canary = "PRIVATE-KEY-CANARY"

var testRecord = sync.OnceValue(func() PairRecord {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0), SignatureAlgorithm: x509.SHA256WithRSA}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return PairRecord{
		HostID: "HOST", SystemBUID: "BUID", HostCertificate: text, HostPrivateKey: []byte(canary),
		DeviceCertificate: text, RootCertificate: text, RootPrivateKey: []byte(canary), EscrowBag: []byte(canary), WiFiMACAddress: "aa:bb",
	}
})

// keeper is a usbmuxd that keeps records.
func keeper(t *testing.T, records map[string][]byte) *Client {
	var mu sync.Mutex
	return answering(t, func(d plist.Dict) any {
		mu.Lock()
		defer mu.Unlock()
		id, _ := d.String("PairRecordID")
		kind, _ := d.String("MessageType")
		data, known := records[id]
		switch {
		case kind == "SavePairRecord":
			if n, _ := d.Int("DeviceID"); n == 99 {
				return result(13)
			}
			records[id], _ = d.Bytes("PairRecordData")
			return result(0)
		case !known:
			return result(2)
		case kind == "DeletePairRecord":
			delete(records, id)
			return result(0)
		}
		return map[string]any{"PairRecordData": data}
	})
}

func TestPairRecordRoundTrip(t *testing.T) {
	t.Parallel()
	records := map[string][]byte{}
	c := keeper(t, records)
	want := testRecord()
	if _, err := c.PairRecord(t.Context(), udidA); !isCause(err, cause.PairRecordMissing) {
		t.Errorf("before: %v", err)
	}
	if err := c.SavePairRecord(t.Context(), strings.ToLower(udidA), want, 7); err != nil {
		t.Fatal(err)
	}
	got, err := c.PairRecord(t.Context(), strings.ReplaceAll(udidA, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ios.PairRecord(want), ios.PairRecord(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := c.SavePairRecord(t.Context(), udidA, want, 99); !isCause(err, cause.PairRecordSaveFailed) {
		t.Errorf("refused: %v", err)
	}
	for range 2 { // the second time there is nothing to forget
		if err := c.DeletePairRecord(t.Context(), udidA); err != nil {
			t.Error(err)
		}
	}
}

func TestUDIDThatIsAPath(t *testing.T) {
	t.Parallel()
	c := answering(t, func(d plist.Dict) any { t.Errorf("asked for %v", d["PairRecordID"]); return result(0) })
	for _, udid := range []string{"", "../..", "../" + udidA, udidA + "\x00", "SystemConfiguration"} {
		if _, err := c.PairRecord(t.Context(), udid); err == nil {
			t.Errorf("read %q", udid)
		}
		if c.SavePairRecord(t.Context(), udid, testRecord(), 0) == nil || c.DeletePairRecord(t.Context(), udid) == nil {
			t.Errorf("wrote %q", udid)
		}
	}
}

func TestBadPairRecords(t *testing.T) {
	t.Parallel()
	without := func(change func(*PairRecord)) []byte {
		r := testRecord()
		change(&r)
		data, _ := plist.MarshalBinary(r)
		return data
	}
	for name, data := range map[string][]byte{
		"empty":          {},
		"not a list":     []byte("half a rec"),
		"an array":       []byte("<plist><array/></plist>"),
		"10 MB":          bytes.Repeat([]byte(" "), 10<<20),
		"no host id":     without(func(r *PairRecord) { r.HostID = "" }),
		"no private key": without(func(r *PairRecord) { r.HostPrivateKey = nil }),
		"no certificate": without(func(r *PairRecord) { r.DeviceCertificate = nil }),
		"certificate noise": without(func(r *PairRecord) {
			r.DeviceCertificate = []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
		}),
		"a key in its place": without(func(r *PairRecord) {
			r.DeviceCertificate = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte(canary)})
		}),
	} {
		c := keeper(t, map[string][]byte{udidA: data})
		_, err := c.PairRecord(t.Context(), udidA)
		if !isCause(err, cause.PairRecordUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
	c := answering(t, func(plist.Dict) any { return result(13) })
	if _, err := c.PairRecord(t.Context(), udidA); !isCause(err, cause.PairRecordUnreadable) {
		t.Errorf("no right to read: %v", err)
	}
}

func TestPrintedRecordHoldsNoSecret(t *testing.T) {
	t.Parallel()
	r := testRecord()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "record", r)
	for _, s := range []string{fmt.Sprint(r), fmt.Sprintf("%+v", r), fmt.Sprintf("%#v", r), log.String()} {
		if strings.Contains(s, canary) || strings.Contains(s, fmt.Sprint([]byte(canary))[1:20]) {
			t.Errorf("a secret in %q", s)
		}
	}
}

func TestLoggerDropsSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	l := slog.New(quietHandler{slog.NewTextHandler(&log, nil)})
	l.With("bytes", canary, "kept", 1).WithGroup("g").Error("broken record", "bytes", canary, "also", 2)
	if s := log.String(); strings.Contains(s, canary) || !strings.Contains(s, "kept=1") || !strings.Contains(s, "level=INFO") {
		t.Errorf("%s", s)
	}
}
