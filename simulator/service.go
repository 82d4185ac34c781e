package simulator

import (
	"bytes"
	"context"
	"net"
)

// The services that a phone has.
const (
	serviceBackup    = "com.apple.mobilebackup2"
	serviceAFC       = "com.apple.afc"
	serviceNotify    = "com.apple.mobile.notification_proxy"
	serviceInsecure  = "com.apple.mobile.insecure_notification_proxy"
	serviceInstall   = "com.apple.mobile.installation_proxy"
	serviceSpringbrd = "com.apple.springboardservices"
)

// serviceKind is one service: where its bytes count, who serves it, and what it needs.
type serviceKind struct {
	name    string
	channel Channel
	serve   func(*Phone, context.Context, net.Conn) error
	escrow  bool // a locked phone starts it only with the escrow bag
	open    bool // it starts without a session, and without TLS then
	early   bool // it starts before the first unlock
}

// service is a started service that waits for its connection.
type service struct {
	kind serviceKind
	host *host // nil: plaintext
}

// findService returns what a service name stands for.
func findService(name string) (serviceKind, bool) {
	for _, kind := range []serviceKind{
		{name: serviceBackup, channel: ChannelBackup, escrow: true, serve: (*Phone).serveBackup},
		{name: serviceAFC, channel: ChannelAFC, serve: (*Phone).serveAFC},
		{name: serviceNotify, channel: ChannelNotify, early: true, serve: (*Phone).serveNotify},
		{name: serviceInsecure, channel: ChannelNotify, early: true, open: true, serve: (*Phone).serveNotify},
		{name: serviceInstall, channel: ChannelOther, serve: (*Phone).serveInstall},
		{name: serviceSpringbrd, channel: ChannelOther, serve: (*Phone).serveSpringboard},
	} {
		if kind.name == name {
			return kind, true
		}
	}
	return serviceKind{}, false
}

func (c *lockdownConn) startService(request map[string]any) (map[string]any, string) {
	name := text(request, "Service")
	kind, known := findService(name)
	switch {
	case name == "":
		return nil, "MissingService"
	case c.host == nil && !kind.open:
		return nil, "InvalidHostID"
	case !known:
		return nil, "InvalidService"
	}
	escrow := blob(request, "EscrowBag")
	p := c.phone
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.unboot && !kind.early && len(escrow) > 0:
		return nil, "EscrowLocked"
	case p.unboot && !kind.early, p.locked && kind.escrow && len(escrow) == 0:
		return nil, "PasswordProtected"
	case len(escrow) > 0 && !bytes.Equal(escrow, p.escrow):
		return nil, "EscrowLocked"
	case len(p.services) >= maxServices:
		return nil, "ServiceLimit"
	}
	port := p.freePort()
	p.services[port] = service{kind: kind, host: c.host}
	p.counts.Services[name]++
	return map[string]any{"Service": name, "Port": int(port), "EnableServiceSSL": c.host != nil}, ""
}

// freePort picks the next dynamic port. The caller holds p.mu.
func (p *Phone) freePort() uint16 {
	for {
		port := p.nextPort
		if p.nextPort++; p.nextPort < firstService {
			p.nextPort = firstService
		}
		if _, taken := p.services[port]; !taken && port != lockdownPort {
			return port
		}
	}
}

// serveService serves a started service on its connection, which is the accepted socket itself.
func (p *Phone) serveService(w *wire, started service) {
	var conn net.Conn = w
	if started.host != nil {
		below := &corked{Conn: w}
		secure, err := p.handshake(w, below, started.host)
		if err != nil {
			p.logf("%s: %v", started.kind.name, err)
			return
		}
		defer secure.Close()
		conn = gathering{secure, below}
	}
	err := started.kind.serve(p, w.ctx, conn)
	p.logf("%s: ended: %v", started.kind.name, err)
}

func (p *Phone) serveBackup(ctx context.Context, conn net.Conn) error {
	return p.agent.Serve(ctx, conn)
}
