package lockdown

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"homeport/cause"
	"homeport/usbmux/afc"
	"homeport/usbmux/plist"
)

const (
	fileService   = "com.apple.afc"
	backupService = "com.apple.mobilebackup2"
)

// Trust makes sure that the phone trusts this computer: nil means that a session
// with the stored pair record works and, when the phone is locked, that it was
// unlocked since it started. Otherwise the cause is not-trusted (no record),
// pair-record-stale, pair-record-unreadable, device-locked,
// device-not-unlocked-since-boot, device-identity-mismatch, or one of those of
// every request.
func (p *Phone) Trust(ctx context.Context) error {
	return p.inSession(ctx, p.tested)
}

// tested tells whether the phone's files can be had. Before the first unlock after
// a start sessions work, but services do not open.
func (p *Phone) tested(ctx context.Context, s *session) error {
	locked, err := s.value(ctx, "PasswordProtected")
	if err != nil && refusedWith(err) == "" { // one that is not told says nothing
		return err
	}
	if is, _ := Flag(locked); !is {
		return nil
	}
	conn, err := p.openService(ctx, s, fileService)
	if err != nil {
		return err
	}
	_ = conn.Close()
	return nil
}

// Values reads a whole lockdown domain; "" is the root. A domain that the phone
// does not have is an empty map. Nothing in it was checked: names and values are
// the phone's.
func (p *Phone) Values(ctx context.Context, domain string) (map[string]any, error) {
	var values plist.Dict
	err := p.inSession(ctx, func(ctx context.Context, s *session) (err error) {
		values, err = s.values(ctx, domain)
		return err
	})
	return values, err
}

// Open starts a service, with the escrow bag so that a locked phone opens it too,
// and connects to it, under TLS when the phone asks for it. The connection has no
// deadline; the caller closes it, and it stays open when the Phone is closed.
func (p *Phone) Open(ctx context.Context, service string) (net.Conn, error) {
	var conn net.Conn
	err := p.inSession(ctx, func(ctx context.Context, s *session) (err error) {
		conn, err = p.openService(ctx, s, service)
		return err
	})
	return conn, err
}

func (p *Phone) openService(ctx context.Context, s *session, service string) (net.Conn, error) {
	r := newRequest("StartService")
	r.Service, r.EscrowBag = service, s.record.EscrowBag
	reply, err := s.ask(ctx, r)
	if err != nil {
		return nil, s.forbidden(ctx, service, err)
	}
	port, _ := reply.Int("Port")
	if port < 1 || port > math.MaxUint16 {
		return nil, cause.New(cause.ProtocolError, cause.Evidence{"layer": "lockdownd"},
			fmt.Errorf("start %s: phone named port %d", service, port))
	}
	conn, err := p.client.Connect(ctx, p.link.DeviceID, uint16(port))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w: %w", service, errChannel, err)
	}
	if secure, _ := reply.Bool("EnableServiceSSL"); secure {
		tlsConn, _, err := s.identity.secure(ctx, conn, p.pace.answer)
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("open %s: %w", service, err)
		}
		conn = tlsConn
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		_ = conn.Close()
		return nil, linkError(ctx, "open "+service, err, p.pace.answer)
	}
	return conn, nil
}

// forbidden tells a backup service that a phone does not open although it trusts
// this computer and is unlocked as what it is: somebody has forbidden it.
func (s *session) forbidden(ctx context.Context, service string, err error) error {
	if service != backupService || refusedWith(err) != "ServiceProhibited" {
		return err
	}
	locked, unknown := s.value(ctx, "PasswordProtected")
	if is, told := Flag(locked); unknown != nil || is || !told {
		return err
	}
	return cause.New(cause.BackupBlockedByRestriction, cause.From(err).Evidence, err)
}

// TrySyncLock takes the phone's sync lock, to see that it is free. The error has
// the cause sync-lock-held while another program has it. release gives it back.
func (p *Phone) TrySyncLock(ctx context.Context) (release func() error, err error) {
	conn, err := p.Open(ctx, fileService)
	if err != nil {
		return nil, err
	}
	files := afc.New(conn)
	unlock, err := afc.TrySyncLock(ctx, files)
	if err != nil {
		return nil, p.reason(ctx, errors.Join(err, files.Close()))
	}
	return func() error { return errors.Join(unlock(), files.Close()) }, nil
}
