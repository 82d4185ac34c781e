package lockdown

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

const (
	hostKeyBits = 2048
	// A phone's key has 1024 to 4096 bits; a larger one only costs time.
	minDeviceKey, maxDeviceKey = 1024, 8192

	certificateYears = 10
	// clockSkew is by how much the phone's clock may be behind ours.
	clockSkew = 24 * time.Hour
)

// material is all that a pairing needs: made once, and used for each try, so that
// the question which the person answers is about the keys that are kept.
type material struct {
	rootCertificate, hostCertificate, deviceCertificate []byte // PEM
	rootKey, hostKey                                    []byte // PEM, PKCS #8
}

// newMaterial makes the keys of this computer and issues the three certificates.
// They have the form that phones know: version 3, serial number 0, no names, ten
// years, SHA-256.
func newMaterial(devicePublicKey []byte, now time.Time) (*material, error) {
	device, err := parseDeviceKey(devicePublicKey)
	if err != nil {
		return nil, err
	}
	rootKey, err := rsa.GenerateKey(rand.Reader, hostKeyBits)
	if err != nil {
		return nil, fmt.Errorf("make root key: %w", err)
	}
	hostKey, err := rsa.GenerateKey(rand.Reader, hostKeyBits)
	if err != nil {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	root := template(now, &rootKey.PublicKey)
	root.IsCA, root.KeyUsage = true, 0
	m := &material{}
	for _, issue := range []struct {
		to       *[]byte
		template *x509.Certificate
		public   *rsa.PublicKey
	}{
		{&m.rootCertificate, root, &rootKey.PublicKey},
		{&m.hostCertificate, template(now, &hostKey.PublicKey), &hostKey.PublicKey},
		{&m.deviceCertificate, template(now, device), device},
	} {
		if issue.template != root {
			// Without names the key's id is all that tells a certificate of ours from
			// one that signed itself; OpenSSL refuses the chain without it.
			issue.template.AuthorityKeyId = root.SubjectKeyId
		}
		der, err := x509.CreateCertificate(rand.Reader, issue.template, root, issue.public, rootKey)
		if err != nil {
			return nil, fmt.Errorf("issue certificate: %w", err)
		}
		*issue.to = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	if m.rootKey, err = encodeKey(rootKey); err != nil {
		return nil, err
	}
	m.hostKey, err = encodeKey(hostKey)
	return m, err
}

func template(now time.Time, public *rsa.PublicKey) *x509.Certificate {
	from := now.Add(-clockSkew)
	id := sha1.Sum(x509.MarshalPKCS1PublicKey(public)) // RFC 5280, 4.2.1.2: a name for the key, no protection
	return &x509.Certificate{
		SerialNumber: big.NewInt(0), NotBefore: from, NotAfter: from.AddDate(certificateYears, 0, 0),
		SignatureAlgorithm: x509.SHA256WithRSA, BasicConstraintsValid: true, SubjectKeyId: id[:],
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
}

func encodeKey(key *rsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// parseDeviceKey reads the phone's DevicePublicKey: PEM, PKCS #1 or the general
// form.
func parseDeviceKey(data []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("read device key: it is no PEM text")
	}
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	if err != nil {
		general, generalErr := x509.ParsePKIXPublicKey(block.Bytes)
		if generalErr != nil {
			return nil, fmt.Errorf("read device key: %w", err)
		}
		var ok bool
		if key, ok = general.(*rsa.PublicKey); !ok {
			return nil, fmt.Errorf("read device key: it is a %T", general)
		}
	}
	if bits := key.N.BitLen(); bits < minDeviceKey || bits > maxDeviceKey {
		return nil, fmt.Errorf("read device key: it has %d bits", bits)
	}
	return key, nil
}
