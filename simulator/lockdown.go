package simulator

import (
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"time"
)

// lockdownConn is one connection to lockdownd.
type lockdownConn struct {
	phone   *Phone
	w       *wire
	rw      net.Conn // w itself, or TLS over it while a session runs
	host    *host    // of the session; nil outside one
	session string
}

// answerFunc handles one request: a reply, or the name of an error.
type answerFunc func(*lockdownConn, map[string]any) (reply map[string]any, code string)

// lockdownRequests are the requests that lockdownd knows; anything else is InvalidResponse.
func lockdownRequests() map[string]answerFunc {
	return map[string]answerFunc{
		"QueryType":    (*lockdownConn).queryType,
		"GetValue":     (*lockdownConn).getValue,
		"SetValue":     (*lockdownConn).setValue,
		"RemoveValue":  (*lockdownConn).removeValue,
		"Pair":         (*lockdownConn).pair,
		"ValidatePair": (*lockdownConn).validatePair,
		"Unpair":       (*lockdownConn).unpair,
		"StartSession": (*lockdownConn).startSession,
		"StopSession":  (*lockdownConn).stopSession,
		"StartService": (*lockdownConn).startService,
	}
}

// serveLockdown answers requests on port 62078 until the host goes.
func (p *Phone) serveLockdown(w *wire) {
	p.mu.Lock()
	p.counts.Lockdown++
	p.mu.Unlock()
	c := &lockdownConn{phone: p, w: w, rw: w}
	requests := lockdownRequests()
	for {
		request, err := readPlist(c.rw)
		if err == nil {
			err = c.answer(requests, request)
		}
		if err != nil {
			if err != io.EOF {
				p.logf("lockdown: %v", err)
			}
			return
		}
	}
}

// answer answers one request, then does what the answer means for the connection: TLS begins behind StartSession's reply and ends
// behind StopSession's.
func (c *lockdownConn) answer(requests map[string]answerFunc, request map[string]any) error {
	name := text(request, "Request")
	reply, code := map[string]any(nil), "InvalidResponse"
	if handle := requests[name]; handle != nil {
		if code = c.phone.meter.takeLockdown(name, request); code == "" {
			reply, code = handle(c, request)
		}
	}
	if reply == nil {
		reply = map[string]any{}
	}
	reply["Request"] = name
	if code != "" {
		reply["Error"] = code
	}
	c.phone.logf("lockdown: %s %s%s %s", name, text(request, "Domain"), detail(request), code)
	if err := writePlist(c.rw, reply); err != nil || code != "" {
		return err
	}
	switch name {
	case "StartSession":
		return c.beginTLS()
	case "StopSession":
		return c.endTLS()
	}
	return nil
}

func detail(request map[string]any) string {
	if key := text(request, "Key"); key != "" {
		return "/" + key
	}
	return text(request, "Service")
}

func (c *lockdownConn) queryType(map[string]any) (map[string]any, string) {
	if c.phone.spec.RestoreMode {
		return map[string]any{"Type": "com.apple.mobile.restored"}, ""
	}
	return map[string]any{"Type": "com.apple.mobile.lockdown"}, ""
}

func (c *lockdownConn) getValue(request map[string]any) (map[string]any, string) {
	domain, key := text(request, "Domain"), text(request, "Key")
	trusted := c.host != nil
	if !trusted && domain != domainRoot {
		return nil, "GetProhibited"
	}
	reply := map[string]any{}
	if domain != "" {
		reply["Domain"] = domain
	}
	values := c.phone.domain(domain, trusted)
	if key == "" {
		if values == nil {
			return nil, "MissingValue"
		}
		reply["Value"] = values
		return reply, ""
	}
	value, ok := values[key]
	if !ok {
		if !trusted && c.phone.domain(domain, true)[key] != nil {
			return nil, "GetProhibited"
		}
		return nil, "MissingValue"
	}
	reply["Key"], reply["Value"] = key, value
	return reply, ""
}

func (c *lockdownConn) setValue(request map[string]any) (map[string]any, string) {
	domain, key, value := text(request, "Domain"), text(request, "Key"), request["Value"]
	switch {
	case key == "":
		return nil, "MissingKey"
	case value == nil:
		return nil, "MissingValue"
	case c.host == nil && (domain != domainRoot || key != "UntrustedHostBUID"):
		return nil, "SetProhibited"
	case domain == domainRoot && publicKeys[key] && key != "DeviceName":
		return nil, "ImmutableValue"
	}
	if key != "UntrustedHostBUID" {
		c.phone.SetValue(domain, key, value)
	}
	return map[string]any{"Key": key, "Value": value}, ""
}

func (c *lockdownConn) removeValue(request map[string]any) (map[string]any, string) {
	domain, key := text(request, "Domain"), text(request, "Key")
	if key == "" {
		return nil, "MissingKey"
	}
	if c.host == nil || domain == domainRoot {
		return nil, "RemoveProhibited"
	}
	c.phone.SetValue(domain, key, nil)
	return map[string]any{"Key": key}, ""
}

func (c *lockdownConn) startSession(request map[string]any) (map[string]any, string) {
	id := text(request, "HostID")
	if id == "" {
		return nil, "MissingHostID"
	}
	if c.host != nil {
		return nil, "SessionActive"
	}
	known := c.phone.host(id)
	if known == nil {
		return nil, "InvalidHostID"
	}
	c.phone.mu.Lock()
	c.phone.counts.Sessions++
	number := c.phone.counts.Sessions
	c.phone.mu.Unlock()
	c.host = known
	c.session = seededUUID(c.phone.spec.identity(), fmt.Sprint("session ", number))
	return map[string]any{"SessionID": c.session, "EnableSessionSSL": true}, ""
}

func (c *lockdownConn) stopSession(request map[string]any) (map[string]any, string) {
	switch id := text(request, "SessionID"); {
	case c.host == nil:
		return nil, "SessionInactive"
	case id == "":
		return nil, "MissingSessionID"
	case id != c.session:
		return nil, "InvalidSessionID"
	}
	return nil, ""
}

// beginTLS turns the connection into a TLS server's, with the certificate that the host made for this phone.
func (c *lockdownConn) beginTLS() error {
	records := &recordConn{Conn: c.w}
	secure, err := c.phone.handshake(c.w, records, c.host)
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	c.rw = secure
	return nil
}

// endTLS sends close_notify and goes on in plaintext behind the host's own.
func (c *lockdownConn) endTLS() error {
	secure := c.rw.(*tls.Conn)
	c.host, c.session, c.rw = nil, "", c.w
	if err := secure.CloseWrite(); err != nil {
		return err
	}
	_ = c.w.SetWriteDeadline(time.Time{}) // crypto/tls forbids writing behind its close_notify by a deadline in the past
	records := secure.NetConn().(*recordConn)
	if _, err := io.Copy(io.Discard, secure); err != nil {
		return err
	}
	c.rw = records.plain()
	return nil
}

// valuesForManifest is the root domain as the backup agent puts it into a manifest: without what changes from run to run.
func (p *Phone) valuesForManifest() map[string]any {
	all := p.domain(domainRoot, true)
	maps.DeleteFunc(all, func(key string, _ any) bool {
		return oneOf(key, "PasswordProtected", "TimeIntervalSince1970", "HostAttached", "TrustedHostAttached")
	})
	return all
}
