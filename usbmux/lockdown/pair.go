package lockdown

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/danielpaulus/go-ios/ios"

	"homeport/cause"
	"homeport/usbmux"
)

// PairState says what a pairing is waiting for.
type PairState string

// The states.
const (
	PairAsking   PairState = "asking"   // the phone is asked for the first time
	PairStale    PairState = "stale"    // the same, because it does not know this computer's key any more
	PairDamaged  PairState = "damaged"  // the same, because this computer's key for it is of no use
	PairLocked   PairState = "locked"   // the phone must be unlocked before it asks its owner
	PairDialog   PairState = "dialog"   // the phone shows the question; its owner has not answered
	PairAccepted PairState = "accepted" // the phone trusts this computer
)

// Pair makes the phone trust this computer. It asks the phone once a second for up
// to 5 minutes while it is locked or shows its question, and tells report, which
// may be nil, each change of state. A phone that trusts this computer already is
// not asked; a record that the phone does not know any more is replaced. All tries
// use the same keys.
//
// When another program, usually usbmuxd itself, pairs meanwhile, that is as good.
// The causes of failure: trust-denied, not-trusted or device-locked when the time
// ran out in front of the question or the lock, pairing-needs-usb,
// pairing-prohibited-by-policy, supervised-host-mismatch, pair-record-save-failed,
// device-identity-mismatch, and those of every request.
func (p *Phone) Pair(ctx context.Context, report func(PairState)) (err error) {
	ctx, done := p.bound(ctx)
	defer done()
	defer func() { err = p.reason(ctx, err) }()
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.give()
	p.drop()
	if report == nil {
		report = func(PairState) {}
	}
	w := &pairing{phone: p, report: report, offer: p.offer}
	defer func() { p.offer = w.offer }()
	defer w.close()
	err = p.reason(ctx, w.adopt(ctx))
	if err == nil {
		w.tell(PairAccepted)
		return nil
	}
	id, _ := cause.Of(err)
	if !needsPairing(id) {
		return err
	}
	if p.link.Connection == usbmux.Network {
		return cause.New(cause.PairingNeedsUSB, nil, err) // as it would answer itself
	}
	switch id {
	case cause.PairRecordStale:
		w.tell(PairStale)
	case cause.PairRecordUnreadable:
		w.tell(PairDamaged)
	default:
		w.tell(PairAsking)
	}
	return w.run(ctx)
}

// needsPairing says whether a session failed for want of a good record.
func needsPairing(id cause.ID) bool {
	switch id {
	case cause.NotTrusted, cause.PairRecordStale, cause.PairRecordUnreadable, cause.PairRecordMissing:
		return true
	}
	return false
}

// pairing is one call of Pair.
type pairing struct {
	phone   *Phone
	report  func(PairState)
	state   PairState
	known   string   // host id of a record that does not work
	channel *channel // nil, or open
	offer   *offer   // nil before the first try
	renewed bool     // the offer was made anew
}

// offer is what the phone is asked to accept, and where the answer goes.
type offer struct {
	*material
	hostID, buid, wifi string
}

func (w *pairing) close() {
	if w.channel != nil {
		w.channel.close()
		w.channel = nil
	}
}

func (w *pairing) tell(state PairState) {
	if state != w.state {
		w.state = state
		w.report(state)
	}
}

// run asks until the phone has decided or the time is up.
func (w *pairing) run(ctx context.Context) error {
	patience := time.NewTimer(w.phone.pace.patience)
	defer patience.Stop()
	poll := time.NewTicker(w.phone.pace.poll)
	defer poll.Stop()
	for {
		err := w.try(ctx)
		if err == nil {
			w.tell(PairAccepted)
			return nil
		}
		switch code := refusedWith(err); {
		case ctx.Err() != nil:
			return ended(ctx, "pair")
		case code == "PairingDialogResponsePending":
			w.tell(PairDialog)
			// Nothing that goes wrong here is a reason to stop asking the phone.
			if w.adopt(ctx) == nil {
				w.tell(PairAccepted)
				return nil
			}
		case code == "PasswordProtected":
			w.tell(PairLocked)
		case code == "InvalidHostID" && !w.renewed:
			// It knows the id and does not like it: another one is a new beginning.
			w.renewed, w.offer = true, nil
			w.close()
		default:
			return err
		}
		select {
		case <-poll.C:
		case <-patience.C:
			return err
		case <-ctx.Done():
			return ended(ctx, "pair")
		}
	}
}

// refusedWith returns lockdownd's reason, or "".
func refusedWith(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// adopt opens a session with the record that usbmuxd holds now, and keeps it. A
// record that did not work is not tried again.
func (w *pairing) adopt(ctx context.Context) error {
	p := w.phone
	record, err := p.client.PairRecord(ctx, p.link.UDID)
	if err != nil {
		return err
	}
	if record.HostID == w.known {
		return cause.New(cause.PairRecordStale, nil, errors.New("pair: the record is the old one"))
	}
	w.known = record.HostID
	s, err := p.openWith(ctx, record)
	if err == nil {
		p.session = s
	}
	return err
}

// try asks the phone once. It keeps the connection for the next try, and asks
// again at once when the phone has closed it since the last.
func (w *pairing) try(ctx context.Context) error {
	again := w.channel != nil
	err := w.ask(ctx)
	if id, _ := cause.Of(err); again && id == cause.DeviceDisconnected && ctx.Err() == nil {
		return w.ask(ctx)
	}
	return err
}

func (w *pairing) ask(ctx context.Context) (err error) {
	if w.channel == nil {
		if w.channel, err = w.phone.connect(ctx); err != nil {
			return err
		}
	}
	defer func() {
		if w.channel != nil && w.channel.broken {
			w.close()
		}
	}()
	if w.offer == nil {
		if w.offer, err = w.prepare(ctx); err != nil {
			return err
		}
	}
	o := w.offer
	reply, err := w.channel.exchange(ctx, "Pair", "", ios.LockDownPairRequest{
		Label: label, Request: "Pair", ProtocolVersion: "2",
		PairRecord: ios.FullPairRecordData{
			DeviceCertificate: o.deviceCertificate, HostCertificate: o.hostCertificate, RootCertificate: o.rootCertificate,
			SystemBUID: o.buid, HostID: o.hostID,
		},
		PairingOptions: ios.PairingOptions{ExtendedPairingErrors: true},
	})
	if err != nil {
		return err
	}
	bag, _ := reply.Bytes("EscrowBag")
	return w.keep(ctx, bag)
}

// prepare asks the phone for its key, and makes ours.
func (w *pairing) prepare(ctx context.Context) (*offer, error) {
	told, err := w.channel.value(ctx, "UniqueDeviceID")
	if err != nil {
		return nil, err
	}
	if udid, ok := told.(string); ok {
		if err := w.phone.checkUDID(udid); err != nil {
			return nil, err
		}
	}
	told, err = w.channel.value(ctx, "DevicePublicKey")
	if err != nil {
		return nil, err
	}
	key, _ := told.([]byte)
	m, err := newMaterial(key, time.Now())
	if err != nil {
		return nil, cause.New(cause.ProtocolError, cause.Evidence{"layer": "lockdownd"}, fmt.Errorf("pair: %w", err))
	}
	// Since iOS 15 a phone may keep this to itself; it is for the record only.
	told, err = w.channel.value(ctx, "WiFiAddress")
	if err != nil && refusedWith(err) == "" {
		return nil, err
	}
	wifi, _ := told.(string)
	buid, err := w.phone.client.BUID(ctx)
	if err != nil {
		return nil, err
	}
	return &offer{material: m, hostID: newHostID(), buid: buid, wifi: plain(wifi)}, nil
}

// keep stores the new record and makes sure that it works. The phone has accepted
// it, so it is stored even when the caller has given up.
func (w *pairing) keep(ctx context.Context, escrowBag []byte) error {
	o := w.offer
	record := usbmux.PairRecord{
		HostID: o.hostID, SystemBUID: o.buid, WiFiMACAddress: o.wifi, EscrowBag: escrowBag,
		HostCertificate: o.hostCertificate, HostPrivateKey: o.hostKey, DeviceCertificate: o.deviceCertificate,
		RootCertificate: o.rootCertificate, RootPrivateKey: o.rootKey,
	}
	p := w.phone
	if err := p.client.SavePairRecord(context.WithoutCancel(ctx), p.link.UDID, record, p.link.DeviceID); err != nil {
		return err
	}
	s, err := p.openWith(ctx, record)
	if err != nil {
		return fmt.Errorf("try new pairing: %w", err)
	}
	p.drop()
	p.session, w.offer = s, nil
	return nil
}

// GoOn lets a pairing that ended with the link of before go on here, with the same
// keys: a phone whose owner has tapped Trust meanwhile does not ask again. It does
// nothing when one of them is in use, or closed.
func (p *Phone) GoOn(before *Phone) {
	if !before.tryTake() {
		return
	}
	defer before.give()
	if p.tryTake() {
		defer p.give()
		p.offer = before.offer
	}
}

// newHostID makes the id by which the phone knows this pairing: a random UUID in
// upper case.
func newHostID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Unpair makes the phone forget this computer and this computer forget the phone.
// That one of them had forgotten already is no error.
func (p *Phone) Unpair(ctx context.Context) (err error) {
	ctx, done := p.bound(ctx)
	defer done()
	defer func() { err = p.reason(ctx, err) }()
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.give()
	p.drop()
	record, err := p.client.PairRecord(ctx, p.link.UDID)
	switch id, _ := cause.Of(err); {
	case err == nil:
		if err := p.unpair(ctx, record); err != nil {
			return err
		}
	case id == cause.PairRecordMissing:
		return nil
	case id != cause.PairRecordUnreadable:
		return err
	}
	return p.client.DeletePairRecord(ctx, p.link.UDID)
}

func (p *Phone) unpair(ctx context.Context, record usbmux.PairRecord) error {
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	// Unpair has the form of Pair.
	message := ios.LockDownPairRequest{Label: label, Request: "Unpair", ProtocolVersion: "2", PairRecord: ios.FullPairRecordData{
		DeviceCertificate: record.DeviceCertificate, HostCertificate: record.HostCertificate,
		RootCertificate: record.RootCertificate, SystemBUID: record.SystemBUID, HostID: record.HostID,
	}}
	_, err = c.exchange(ctx, "Unpair", "", message)
	if refusedWith(err) == "InvalidHostID" {
		return nil
	}
	return err
}
