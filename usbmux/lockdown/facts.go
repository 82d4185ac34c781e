package lockdown

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"homeport/cause"
	"homeport/usbmux"
	"homeport/usbmux/plist"
)

// The types that QueryType tells.
const (
	normalMode  = "com.apple.mobile.lockdown"
	restoreMode = "com.apple.mobile.restored"
)

// Facts is what a phone tells anybody, trusted or not. A text that was not told is
// empty; texts hold no control characters and at most 256 bytes.
type Facts struct {
	UDID            string // in canonical spelling
	DeviceName      string // as its owner named it
	DeviceClass     string // "iPhone", "iPad"
	ProductType     string // "iPhone14,2"
	ProductVersion  string // the iOS version, "18.5"
	BuildVersion    string // "22F76"
	ActivationState string // "Activated" once it is set up
	// PasswordProtected says whether the phone is locked with a passcode now; nil
	// when it does not tell.
	PasswordProtected *bool
}

// fresh is how long facts are given again instead of being asked anew: whoever
// meets a phone asks who it is, one after the other. So is what went wrong.
const fresh = time.Second

// Facts asks the phone for what it tells anybody, without a session unless one is
// open. The connection stays for what follows closely. Facts of an unlocked phone
// may be a second old. Causes besides those of every request: device-in-recovery
// when another program than lockdownd answers.
func (p *Phone) Facts(ctx context.Context) (facts Facts, err error) {
	ctx, done := p.bound(ctx)
	defer done()
	if ctx.Err() != nil {
		return Facts{}, ended(ctx, "ask phone")
	}
	if !p.tryTake() { // pairing takes minutes
		c, err := p.connect(ctx)
		if err != nil {
			return Facts{}, p.reason(ctx, err)
		}
		defer c.close()
		facts, err = p.ask(ctx, c)
		return facts, p.reason(ctx, err)
	}
	defer p.give()
	locked := p.facts.PasswordProtected != nil && *p.facts.PasswordProtected
	if !locked && !p.factsAt.IsZero() && time.Since(p.factsAt) < fresh {
		return p.facts, p.factsErr
	}
	facts, err = p.askFirst(ctx)
	err = p.reason(ctx, err)
	if ctx.Err() == nil {
		p.facts, p.factsErr, p.factsAt = facts, err, time.Now()
	}
	return facts, err
}

// askFirst asks over what is open, and over a new connection when nothing is. The
// caller has the turn.
func (p *Phone) askFirst(ctx context.Context) (Facts, error) {
	if p.session != nil {
		values, err := p.session.values(ctx, "")
		if err == nil {
			return p.read(values)
		}
		if p.session.broken {
			p.drop()
		}
		if !wasDead(ctx, err) {
			return Facts{}, err
		}
	}
	if p.greeted != nil {
		if facts, err := p.greet(ctx); !wasDead(ctx, err) {
			return facts, err
		}
	}
	c, err := p.connect(ctx)
	if err != nil {
		return Facts{}, err
	}
	p.greeted = c
	return p.greet(ctx)
}

// greet asks over the connection without a session, and drops one that failed.
func (p *Phone) greet(ctx context.Context) (Facts, error) {
	facts, err := p.ask(ctx, p.greeted)
	if err != nil {
		p.greeted.close()
		p.greeted = nil
	}
	return facts, err
}

// ask asks over a connection without a session.
func (p *Phone) ask(ctx context.Context, c *channel) (Facts, error) {
	reply, err := c.ask(ctx, newRequest("QueryType"))
	if err != nil {
		return Facts{}, err
	}
	if kind, _ := reply.String("Type"); kind == restoreMode {
		return Facts{}, cause.New(cause.DeviceInRecovery, nil, fmt.Errorf("QueryType: phone answered %q", kind))
	} else if kind != normalMode {
		return Facts{}, cause.New(cause.ProtocolError, cause.Evidence{"layer": "lockdownd"},
			fmt.Errorf("QueryType: phone answered %q", clip(kind)))
	}
	values, err := c.values(ctx, "")
	if err != nil && refusedWith(err) != "GetProhibited" { // it keeps it all to itself until it trusts
		return Facts{}, err
	}
	return p.read(values)
}

// read takes the facts out of the root domain.
func (p *Phone) read(values plist.Dict) (Facts, error) {
	facts := readFacts(values)
	if facts.UDID != "" {
		if err := p.checkUDID(facts.UDID); err != nil {
			return Facts{}, err
		}
	}
	return facts, nil
}

// values asks for a whole domain. One that the phone does not have is empty.
func (c *channel) values(ctx context.Context, domain string) (plist.Dict, error) {
	r := newRequest("GetValue")
	r.Domain = domain
	reply, err := c.ask(ctx, r)
	if e, ok := errors.AsType[*Error](err); ok && e.Code == missingValue {
		return plist.Dict{}, nil
	}
	if err != nil {
		return nil, err
	}
	values, ok := reply.Dict("Value")
	if !ok {
		return plist.Dict{}, nil // some domains answer with nothing at all
	}
	return values, nil
}

// value asks for one value; one that the phone does not have is nil.
func (c *channel) value(ctx context.Context, key string) (any, error) {
	r := newRequest("GetValue")
	r.Key = key
	reply, err := c.ask(ctx, r)
	if e, ok := errors.AsType[*Error](err); ok && e.Code == missingValue {
		return nil, nil
	}
	return reply["Value"], err
}

func readFacts(values plist.Dict) Facts {
	text := func(key string) string {
		s, _ := values.String(key)
		return plain(s)
	}
	f := Facts{
		UDID: usbmux.CanonicalUDID(text("UniqueDeviceID")), DeviceName: text("DeviceName"), DeviceClass: text("DeviceClass"),
		ProductType: text("ProductType"), ProductVersion: text("ProductVersion"), BuildVersion: text("BuildVersion"),
		ActivationState: text("ActivationState"),
	}
	if locked, ok := Flag(values["PasswordProtected"]); ok {
		f.PasswordProtected = &locked
	}
	return f
}

// Flag reads a value that says yes or no. Most phones tell a bool; a number or a word
// is one too. It is not readable when it is something else, or nothing.
func Flag(v any) (is, readable bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case int64:
		return v != 0, true
	case uint64:
		return v != 0, true
	case int:
		return v != 0, true
	case float64:
		return v != 0, v == v // NaN is neither
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "yes", "1":
			return true, true
		case "false", "no", "0":
			return false, true
		}
	}
	return false, false
}

// checkUDID refuses a phone that calls itself otherwise than usbmuxd does.
func (p *Phone) checkUDID(told string) error {
	if usbmux.SameUDID(told, p.link.UDID) {
		return nil
	}
	return mismatch(fmt.Sprintf("it calls itself %s, but usbmuxd calls it %s", clip(strconv.Quote(told)), p.link.UDID))
}

// mismatch is the error for a phone that is not the one it should be.
func mismatch(reason string) error {
	return cause.New(cause.DeviceIdentityMismatch, cause.Evidence{"reason": reason}, fmt.Errorf("identify phone: %s", reason))
}

// plain takes out of a text of foreign origin what does not print, marks of
// direction too, and what goes beyond 256 bytes.
func plain(s string) string {
	const most = 256
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200d', r == '\u2028', r == '\u2029':
			continue
		case b.Len()+len(string(r)) > most:
			return b.String()
		}
		b.WriteRune(r)
	}
	return b.String()
}
