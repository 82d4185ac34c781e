package simulator

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"

	"howett.net/plist"
)

// host is a computer that the phone trusts. Certificates are DER.
type host struct {
	id, buid                                            string
	rootCertificate, hostCertificate, deviceCertificate []byte
}

// dialog is the trust dialog and the person in front of it.
type dialog struct {
	trust  Trust
	up     bool
	since  time.Time
	polls  int
	answer string // "" while open, "trust" or "refuse"
}

// plugged forgets a refusal: a phone asks again when it is plugged in again.
func (d *dialog) plugged() { *d = dialog{trust: d.trust} }

// ask is one Pair request against the dialog: "" when the person has trusted, else the error.
func (d *dialog) ask(now time.Time) string {
	if !d.up {
		d.up, d.since = true, now
	}
	d.polls++
	if d.answer == "" && d.polls > d.trust.Polls && now.Sub(d.since) >= d.trust.Delay {
		switch d.trust.Mode {
		case TrustAuto, TrustPaired:
			d.answer = "trust"
		case TrustRefuse:
			d.answer = "refuse"
		}
	}
	switch d.answer {
	case "trust":
		d.up, d.answer, d.polls = false, "", 0
		return ""
	case "refuse":
		return "UserDeniedPairing"
	default:
		return "PairingDialogResponsePending"
	}
}

// Trust taps Trust: the next Pair request succeeds. A dialog need not be up yet.
func (p *Phone) Trust() {
	p.mu.Lock()
	p.dialog.answer = "trust"
	p.mu.Unlock()
	p.Notify("com.apple.mobile.lockdown.request_pair")
}

// Refuse taps Don't Trust: Pair answers UserDeniedPairing until the phone is plugged in again or Trust is called.
func (p *Phone) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialog.answer = "refuse"
}

// SetTrust changes who sits in front of the trust dialog from now on.
func (p *Phone) SetTrust(trust Trust) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialog = dialog{trust: trust}
}

// DialogUp tells whether the trust dialog is showing.
func (p *Phone) DialogUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dialog.up && p.dialog.answer == ""
}

// Forget makes the phone forget every computer, as Reset Location & Privacy does: their sessions get InvalidHostID.
func (p *Phone) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.hosts)
}

// TrustedHosts is how many computers the phone trusts.
func (p *Phone) TrustedHosts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.hosts)
}

// SetImpostor makes the phone show another certificate than the paired one, as another device at its place would.
func (p *Phone) SetImpostor(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.impostor = on
}

// SetPairingPolicy makes Pair answer an error of an organisation's policy, "MCProtected" or "MCChallengeRequired"; "" ends it.
func (p *Phone) SetPairingPolicy(code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.policy = code
}

// host finds a trusted computer.
func (p *Phone) host(id string) *host {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hosts[id]
}

func (c *lockdownConn) pair(request map[string]any) (map[string]any, string) {
	p := c.phone
	record, _ := request["PairRecord"].(map[string]any)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts.Polls++
	switch {
	case text(record, "HostID") == "":
		return nil, "MissingHostID"
	case p.locked:
		return nil, "PasswordProtected"
	case p.policy == "MCChallengeRequired":
		challenge := seeded(32, p.spec.identity(), "challenge")
		return map[string]any{"ExtendedResponse": map[string]any{"PairingChallenge": challenge}}, p.policy
	case p.policy != "":
		return nil, p.policy
	}
	h, err := p.parseRecord(record)
	if err != nil {
		p.logf("pair: %v", err)
		return nil, "InvalidPairRecord"
	}
	if known := p.hosts[h.id]; known == nil || !bytes.Equal(known.hostCertificate, h.hostCertificate) {
		if code := p.dialog.ask(time.Now()); code != "" {
			return nil, code
		}
	}
	p.hosts[h.id] = h
	p.counts.Pairings++
	return map[string]any{"EscrowBag": p.escrow}, ""
}

// parseRecord checks what a host wants to pair with: three certificates, the device's being for this phone's own key.
func (p *Phone) parseRecord(record map[string]any) (*host, error) {
	h := &host{id: text(record, "HostID"), buid: text(record, "SystemBUID")}
	for key, der := range map[string]*[]byte{
		"RootCertificate": &h.rootCertificate, "HostCertificate": &h.hostCertificate, "DeviceCertificate": &h.deviceCertificate,
	} {
		var err error
		if *der, err = certificateDER(blob(record, key)); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	certificate, err := x509.ParseCertificate(h.deviceCertificate)
	if err != nil {
		return nil, err
	}
	if public, ok := certificate.PublicKey.(*rsa.PublicKey); !ok || !public.Equal(&p.key.PublicKey) {
		return nil, fmt.Errorf("DeviceCertificate: for another key than this phone's")
	}
	return h, nil
}

// validatePair is what iOS before 7 wanted in front of a session; later ones still answer it.
func (c *lockdownConn) validatePair(request map[string]any) (map[string]any, string) {
	record, _ := request["PairRecord"].(map[string]any)
	id := text(record, "HostID")
	switch {
	case id == "":
		return nil, "MissingHostID"
	case c.phone.host(id) == nil:
		return nil, "InvalidHostID"
	}
	return nil, ""
}

func (c *lockdownConn) unpair(request map[string]any) (map[string]any, string) {
	record, _ := request["PairRecord"].(map[string]any)
	id := text(record, "HostID")
	p := c.phone
	p.mu.Lock()
	defer p.mu.Unlock()
	if id == "" {
		return nil, "MissingHostID"
	}
	if p.hosts[id] == nil {
		return nil, "InvalidHostID"
	}
	delete(p.hosts, id)
	return nil, ""
}

// PairByDaemon does what usbmuxd does by itself when somebody taps Trust before any client has asked: the record appears, and a Paired
// event for each of the phone's links.
func (p *Phone) PairByDaemon() error {
	if err := p.bornTrusted(); err != nil {
		return err
	}
	for _, each := range p.sim.links() {
		if each.phone == p {
			p.sim.broadcast(map[string]any{"MessageType": "Paired", "DeviceID": each.id})
		}
	}
	return nil
}

// bornTrusted gives usbmuxd the record of an earlier pairing, and the phone its other half.
func (p *Phone) bornTrusted() error {
	record, err := hostRecord(p.key, p.sim.config.BUID, seededUUID(p.spec.identity(), "host"), p.escrow)
	if err != nil {
		return err
	}
	record["WiFiMACAddress"] = p.domain(domainRoot, true)["WiFiAddress"]
	h, err := p.parseRecord(record)
	if err != nil {
		return err
	}
	data, err := plist.Marshal(record, plist.BinaryFormat)
	if err != nil {
		return fmt.Errorf("make pair record: %w", err)
	}
	p.mu.Lock()
	p.hosts[h.id] = h
	p.mu.Unlock()
	p.sim.SetPairRecord(p.spec.UDID, data)
	return nil
}
