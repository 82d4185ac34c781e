package simulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// testKeys is a pool of RSA-2048 keys that guard nothing. They are embedded because Go makes no RSA key from a seed, and making one
// costs more than a simulated phone may take to start. The last two are the hosts' of phones that are born trusted; the others are
// shared out among the phones by their seed.
//
//go:embed testkeys.pem
var testKeys []byte

const (
	hostKeys  = 2
	phoneKeys = 3
)

// poolKey returns the n-th key of the pool.
func poolKey(n int) (*rsa.PrivateKey, error) {
	rest := testKeys
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return nil, fmt.Errorf("read test key %d: not in the pool", n)
		}
		if n == 0 {
			return x509.ParsePKCS1PrivateKey(block.Bytes)
		}
		n--
	}
}

// phoneKey picks the phone's own key (impostor 0), or another phone's (impostor 1), from what identifies the phone.
func phoneKey(identity string, impostor int) (*rsa.PrivateKey, error) {
	sum := sha256.Sum256([]byte(identity))
	return poolKey((int(sum[0]) + impostor) % phoneKeys)
}

// publicKeyPEM is the DevicePublicKey as a phone tells it: PKCS #1 under the label that libimobiledevice 1.3.0 insists on.
func publicKeyPEM(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)})
}

// certificateDER returns the first certificate in PEM text.
func certificateDER(text []byte) ([]byte, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("read certificate: no PEM certificate")
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return block.Bytes, nil
}

// selfSigned makes the certificate of a phone that is not the one that was paired.
func selfSigned(key *rsa.PrivateKey) ([]byte, error) {
	template := certificateTemplate(false)
	return x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
}

// certificateTemplate is the shape that hosts use for pairing: version 3, serial 0, empty names, ten years.
func certificateTemplate(authority bool) *x509.Certificate {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0), Subject: pkix.Name{}, NotBefore: from, NotAfter: from.AddDate(10, 0, 0),
		BasicConstraintsValid: true, IsCA: authority, SignatureAlgorithm: x509.SHA256WithRSA,
	}
	if !authority {
		template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	}
	return template
}

// hostRecord makes the pair record that a computer would have kept from an earlier pairing with a phone, so that the phone can be
// born trusted.
func hostRecord(phone *rsa.PrivateKey, buid, hostID string, escrow []byte) (map[string]any, error) {
	root, err := poolKey(phoneKeys)
	if err != nil {
		return nil, err
	}
	host, err := poolKey(phoneKeys + hostKeys - 1)
	if err != nil {
		return nil, err
	}
	record := map[string]any{"HostID": hostID, "SystemBUID": buid, "EscrowBag": escrow}
	authority := certificateTemplate(true)
	for name, public := range map[string]*rsa.PublicKey{"Root": &root.PublicKey, "Host": &host.PublicKey, "Device": &phone.PublicKey} {
		der, err := x509.CreateCertificate(rand.Reader, certificateTemplate(name == "Root"), authority, public, root)
		if err != nil {
			return nil, fmt.Errorf("make pair record: %w", err)
		}
		record[name+"Certificate"] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	for name, key := range map[string]*rsa.PrivateKey{"Root": root, "Host": host} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, fmt.Errorf("make pair record: %w", err)
		}
		record[name+"PrivateKey"] = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	return record, nil
}

// seeded returns n bytes that depend on the identity and the purpose only, so that two simulated phones with one seed are one phone.
func seeded(n int, identity, purpose string) []byte {
	var out []byte
	for block := uint32(0); len(out) < n; block++ {
		counter := binary.BigEndian.AppendUint32(nil, block)
		sum := sha256.Sum256(append([]byte(identity+"\x00"+purpose+"\x00"), counter...))
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// seededUUID is an upper-case UUID from the same source.
func seededUUID(identity, purpose string) string {
	b := seeded(16, identity, purpose)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return strings.ToUpper(fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:]))
}
