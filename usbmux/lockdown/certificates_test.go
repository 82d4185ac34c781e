package lockdown

import (
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
)

func TestCertificates(t *testing.T) {
	t.Parallel()
	m := testPairing().material
	parse := func(text []byte) *x509.Certificate {
		block, _ := pem.Decode(text)
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	root := parse(m.rootCertificate)
	for name, c := range map[string]*x509.Certificate{"root": root, "host": parse(m.hostCertificate), "device": parse(m.deviceCertificate)} {
		if c.SignatureAlgorithm != x509.SHA256WithRSA || c.SerialNumber.Sign() != 0 || len(c.Subject.Names) != 0 || c.Version != 3 {
			t.Errorf("%s: %v, serial %v, %v, version %d", name, c.SignatureAlgorithm, c.SerialNumber, c.Subject, c.Version)
		}
		if err := root.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil || c.IsCA != (name == "root") {
			t.Errorf("%s: %v, CA %v", name, err, c.IsCA)
		}
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	for name, text := range map[string][]byte{"host": m.hostCertificate, "device": m.deviceCertificate} {
		c := parse(text)
		if !bytes.Equal(c.AuthorityKeyId, root.SubjectKeyId) || bytes.Equal(c.AuthorityKeyId, c.SubjectKeyId) {
			t.Errorf("%s: nothing says that the root has signed it", name)
		}
		if _, err := c.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: c.NotBefore.AddDate(1, 0, 0), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !parse(m.deviceCertificate).PublicKey.(*rsa.PublicKey).Equal(&testPairing().device.PublicKey) {
		t.Error("the device certificate is for another key")
	}
	if _, err := tls.X509KeyPair(m.rootCertificate, m.rootKey); err != nil {
		t.Error(err)
	}
}

func TestBadDeviceKeys(t *testing.T) {
	t.Parallel()
	encode := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	huge := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 60_000), E: 65537}
	tiny := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 511), E: 65537}
	for name, data := range map[string][]byte{
		"none": nil, "no PEM": []byte("key"), "noise": encode("RSA PUBLIC KEY", []byte("noise")),
		"huge": encode("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(huge)), "tiny": encode("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(tiny)),
		"a certificate": testPairing().deviceCertificate,
	} {
		if key, err := parseDeviceKey(data); err == nil {
			t.Errorf("%s: %v", name, key)
		}
	}
	general, err := x509.MarshalPKIXPublicKey(&testPairing().device.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseDeviceKey(encode("PUBLIC KEY", general)); err != nil {
		t.Errorf("general form: %v", err)
	}
}
