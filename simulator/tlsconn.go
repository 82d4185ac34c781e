package simulator

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"time"
)

// handshakeLimit is how long a host may take over a TLS handshake.
const handshakeLimit = 30 * time.Second

// errStranger is what the handshake ends with when the client certificate is not one of the pairing's.
var errStranger = errors.New("client certificate is not the paired host's")

// handshake serves TLS over conn with the DeviceCertificate that the host issued when it paired, and takes the host's root or host
// certificate as the client's: libimobiledevice shows the one, the newer clients show the other. They are compared byte for byte;
// verifying their chain would fail on SHA-1 signatures and empty names.
func (p *Phone) handshake(w *wire, conn net.Conn, h *host) (*tls.Conn, error) {
	certificate, err := p.certificate(h)
	if err != nil {
		return nil, err
	}
	secure := tls.Server(conn, &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert,
		SessionTicketsDisabled: true, DynamicRecordSizingDisabled: true,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !bytes.Equal(raw[0], h.rootCertificate) && !bytes.Equal(raw[0], h.hostCertificate) {
				return errStranger
			}
			return nil
		},
	})
	_ = w.SetDeadline(time.Now().Add(handshakeLimit))
	if err := secure.HandshakeContext(w.ctx); err != nil {
		return nil, err
	}
	_ = w.SetDeadline(time.Time{})
	p.mu.Lock()
	p.counts.Handshake++
	p.mu.Unlock()
	return secure, nil
}

// certificate is the phone's identity towards one host; an impostor shows another phone's key in a certificate of its own.
func (p *Phone) certificate(h *host) (tls.Certificate, error) {
	p.mu.Lock()
	impostor := p.impostor
	p.mu.Unlock()
	if !impostor {
		return tls.Certificate{Certificate: [][]byte{h.deviceCertificate}, PrivateKey: p.key}, nil
	}
	key, err := phoneKey(p.spec.identity(), 1)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := selfSigned(key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// recordConn hands crypto/tls never more than the rest of one TLS record, so that nothing of the plaintext behind close_notify is lost
// in its buffer. A host that goes on in plaintext without a close_notify is noticed by the first byte: 0 is never a record type, and
// always the first byte of a lockdown message.
type recordConn struct {
	net.Conn
	head  [5]byte
	have  int // bytes of head that are read
	given int // bytes of head that are handed out
	left  int // of the record's body
	ended bool
}

// Read implements net.Conn.
func (r *recordConn) Read(b []byte) (int, error) {
	if r.ended {
		return 0, io.EOF
	}
	if r.left == 0 && r.given == r.have {
		if err := r.nextRecord(); err != nil {
			return 0, err
		}
	}
	if r.given < r.have {
		n := copy(b, r.head[r.given:r.have])
		r.given += n
		return n, nil
	}
	n, err := r.Conn.Read(b[:min(len(b), r.left)])
	r.left -= n
	return n, err
}

func (r *recordConn) nextRecord() error {
	r.have, r.given = 0, 0
	n, err := io.ReadFull(r.Conn, r.head[:1])
	if err != nil {
		return err
	}
	r.have = n
	if r.head[0] == 0 {
		r.ended = true
		return io.EOF
	}
	n, err = io.ReadFull(r.Conn, r.head[1:])
	r.have += n
	r.left = int(r.head[3])<<8 | int(r.head[4])
	return err
}

// plain is the connection behind TLS, with the byte that told its end put back.
func (r *recordConn) plain() net.Conn {
	if !r.ended {
		return r.Conn
	}
	return &prefixConn{Conn: r.Conn, prefix: r.head[:1]}
}

// prefixConn is a connection with some bytes in front.
type prefixConn struct {
	net.Conn
	prefix []byte
}

// Read implements net.Conn.
func (c *prefixConn) Read(b []byte) (int, error) {
	if len(c.prefix) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.prefix)
	c.prefix = c.prefix[n:]
	return n, nil
}
