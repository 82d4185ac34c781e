package lockdown

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"homeport/cause"
	"homeport/usbmux"
)

// session is an open session with the pair record that it was opened with.
type session struct {
	*channel
	record   usbmux.PairRecord
	identity *identity
}

// identity is both sides of a pairing, as TLS needs it.
type identity struct {
	host   tls.Certificate // what we show
	device []byte          // the DER that the phone must show
}

func newIdentity(record usbmux.PairRecord) (*identity, error) {
	host, err := tls.X509KeyPair(record.HostCertificate, record.HostPrivateKey)
	if err == nil {
		var device []byte
		if device, err = record.Certificate(); err == nil {
			return &identity{host: host, device: device}, nil
		}
	}
	return nil, cause.New(cause.PairRecordUnreadable, nil, fmt.Errorf("read pair record: %w", err))
}

// open opens a session with the record that usbmuxd holds. No record at all means
// not-trusted; a phone that does not know the record, pair-record-stale.
func (p *Phone) open(ctx context.Context) (*session, error) {
	record, err := p.client.PairRecord(ctx, p.link.UDID)
	if id, _ := cause.Of(err); id == cause.PairRecordMissing {
		return nil, cause.New(cause.NotTrusted, nil, err)
	}
	if err != nil {
		return nil, err
	}
	return p.openWith(ctx, record)
}

func (p *Phone) openWith(ctx context.Context, record usbmux.PairRecord) (*session, error) {
	id, err := newIdentity(record)
	if err != nil {
		return nil, err
	}
	if c := p.greeted; c != nil {
		p.greeted = nil
		s, err := p.begin(ctx, &session{channel: c, record: record, identity: id})
		if !wasDead(ctx, err) {
			return s, err
		}
	}
	c, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	return p.begin(ctx, &session{channel: c, record: record, identity: id})
}

// begin starts a session on its connection, which it closes when that fails.
func (p *Phone) begin(ctx context.Context, s *session) (*session, error) {
	if err := s.start(ctx, p); err != nil {
		s.close()
		return nil, err
	}
	p.sessions.Add(1)
	return s, nil
}

// start sends StartSession, changes to TLS and asks the phone who it is.
func (s *session) start(ctx context.Context, p *Phone) error {
	r := newRequest("StartSession")
	r.HostID, r.SystemBUID = s.record.HostID, s.record.SystemBUID
	reply, err := s.ask(ctx, r)
	if err != nil {
		return err
	}
	if secure, _ := reply.Bool("EnableSessionSSL"); !secure {
		return mismatch("it opens a session without encryption")
	}
	conn, shown, err := s.identity.secure(ctx, s.conn, s.timeout)
	if err != nil {
		return sessionError(err, shown)
	}
	s.conn = conn
	// With TLS 1.3 a phone that does not accept us says so only now.
	told, err := s.value(ctx, "UniqueDeviceID")
	if err != nil {
		return sessionError(s.lastWord(err), conn.ConnectionState().Version == tls.VersionTLS13)
	}
	udid, _ := told.(string)
	return p.checkUDID(udid)
}

// lastWord returns the alert that a phone sent before it closed the connection,
// when all that was noticed is that nothing could be written any more.
func (s *session) lastWord(err error) error {
	if id, _ := cause.Of(err); id != cause.DeviceDisconnected || s.conn.SetReadDeadline(time.Now().Add(time.Second)) != nil {
		return err
	}
	_, alert := s.conn.Read(make([]byte, 1))
	if op, ok := errors.AsType[*net.OpError](alert); ok && op.Op == "remote error" {
		return alert
	}
	return err
}

// sessionError takes a TLS alert of the phone, at the beginning of a session, for
// what it means: it does not know this computer's certificate any more. shown says
// that the phone has seen it, and has not accepted it yet.
func sessionError(err error, shown bool) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" || errors.Is(err, errAlert) {
		return cause.New(cause.PairRecordStale, nil, err)
	}
	half := errors.Is(err, io.ErrUnexpectedEOF) // it had begun to answer
	if id, _ := cause.Of(err); shown && !half && id == cause.DeviceDisconnected {
		return cause.New(id, nil, fmt.Errorf("%w: %w", errRejected, err))
	}
	return err
}

// errAlert says that the phone refused the handshake, and closed the connection
// before that was read.
var errAlert = errors.New("the phone sent a TLS alert")

// leftAlert looks for an alert in what the phone sent before it closed raw, when all
// that was noticed is that nothing could be written any more.
func leftAlert(raw net.Conn) bool {
	const alert, most = 0x15, 1 << 14 // RFC 8446, section 5.1
	if raw.SetReadDeadline(time.Now().Add(time.Second)) != nil {
		return false
	}
	left := io.LimitReader(raw, 4*most)
	for {
		var head [5]byte
		if _, err := io.ReadFull(left, head[:]); err != nil {
			return false
		}
		if head[0] == alert {
			return true
		}
		if _, err := io.CopyN(io.Discard, left, int64(binary.BigEndian.Uint16(head[3:]))); err != nil {
			return false
		}
	}
}

// errImpostor says that the phone showed another certificate than the paired one.
var errImpostor = errors.New("the certificate is not the one of the pairing")

// secure makes a TLS client of conn and shakes hands, within the timeout. conn is
// left to the caller when it fails. shown says that the phone asked for our
// certificate and was given it.
func (id *identity) secure(ctx context.Context, conn net.Conn, timeout time.Duration) (secure *tls.Conn, shown bool, err error) {
	const name = "TLS handshake"
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, false, linkError(ctx, name, err, timeout)
	}
	secure = tls.Client(conn, &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetClientCertificate: func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if asked.SupportsCertificate(&id.host) != nil {
				return new(tls.Certificate), nil
			}
			shown = true
			return &id.host, nil
		},
		// Not verified but compared: see the package comment.
		InsecureSkipVerify: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 || !bytes.Equal(cs.PeerCertificates[0].Raw, id.device) {
				return errImpostor
			}
			return nil
		},
	})
	err = secure.HandshakeContext(ctx)
	if errors.Is(err, errImpostor) {
		return nil, false, mismatch("its certificate is not the one that was agreed on when it was trusted")
	}
	if err != nil {
		if !isTransport(err) {
			err = fmt.Errorf("%w: %w", errMessage, err)
		} else if !isTimeout(err) && leftAlert(conn) {
			err = fmt.Errorf("%w: %w", errAlert, err)
		}
		return nil, shown, linkError(ctx, name, err, timeout)
	}
	return secure, shown, nil
}
