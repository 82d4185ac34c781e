package usbmux

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/danielpaulus/go-ios/ios"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// maxPairRecord is far above the 6 to 10 kB of a real record.
const maxPairRecord = 1 << 20

// PairRecord is what this computer and a phone agreed on when the phone was told
// to trust it: both certificates, the computer's private keys (PEM), and the
// escrow bag that opens a locked phone's backup keys. usbmuxd keeps it. Homeport
// holds it in memory while it is needed and stores it nowhere; printing one shows
// no secret.
type PairRecord ios.PairRecord

// String names the record without its secrets.
func (r PairRecord) String() string { return fmt.Sprintf("pair record of host %q", clip(r.HostID)) }

// GoString is String, so that %#v shows no secret either.
func (r PairRecord) GoString() string { return r.String() }

// LogValue is String, for slog.
func (r PairRecord) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Certificate returns the phone's own certificate in DER.
func (r PairRecord) Certificate() ([]byte, error) {
	block, _ := pem.Decode(r.DeviceCertificate)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("read device certificate: it is no PEM certificate")
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return nil, fmt.Errorf("read device certificate: %w", err)
	}
	return block.Bytes, nil
}

// check says what a record lacks.
func (r PairRecord) check() error {
	switch {
	case r.HostID == "":
		return errors.New("it has no host id")
	case len(r.HostCertificate) == 0 || len(r.HostPrivateKey) == 0:
		return errors.New("it has no host identity")
	}
	_, err := r.Certificate()
	return err
}

// PairRecord reads the record that usbmuxd holds for a phone. Causes besides
// those of every request: pair-record-missing, and pair-record-unreadable when
// usbmuxd may not read it or it is damaged.
func (c *Client) PairRecord(ctx context.Context, udid string) (PairRecord, error) {
	const name = "read pair record"
	id, err := recordID(udid)
	if err != nil {
		return PairRecord{}, err
	}
	reply, err := c.ask(ctx, name, ios.ReadPair{
		MessageType: "ReadPairRecord", ProgName: program, ClientVersionString: program, LibUSBMuxVersion: 3, PairRecordID: id,
	})
	if err != nil {
		return PairRecord{}, err
	}
	data, ok := reply.Bytes("PairRecordData")
	if !ok {
		return PairRecord{}, c.noRecord(reply, name)
	}
	record, err := decodePairRecord(data)
	if err != nil {
		return PairRecord{}, cause.New(cause.PairRecordUnreadable, nil, fmt.Errorf("%s: %w", name, err))
	}
	return record, nil
}

// noRecord is the error for a reply without a record.
func (c *Client) noRecord(reply plist.Dict, name string) error {
	err := c.result(reply, "ReadPairRecord")
	refused, ok := errors.AsType[*ResultError](err)
	switch {
	case err == nil:
		return c.senseless(name, reply)
	case !ok:
		return err
	case refused.Number == resultNoEntry:
		return cause.New(cause.PairRecordMissing, nil, fmt.Errorf("%s: %w", name, err))
	}
	return cause.New(cause.PairRecordUnreadable, refused.evidence(), fmt.Errorf("%s: %w", name, err))
}

// decodePairRecord reads the bytes of a record. Its errors hold none of them.
func decodePairRecord(data []byte) (PairRecord, error) {
	lim := plist.DefaultLimits()
	lim.Size = maxPairRecord
	var record PairRecord
	if err := plist.UnmarshalLimits(data, &record, lim); err != nil {
		return PairRecord{}, err
	}
	return record, record.check()
}

// SavePairRecord gives usbmuxd a record to keep. deviceID is the link over which
// the phone was paired, so that usbmuxd tells its listeners; 0 is none. A refusal
// has the cause pair-record-save-failed.
func (c *Client) SavePairRecord(ctx context.Context, udid string, record PairRecord, deviceID int) error {
	id, err := recordID(udid)
	if err != nil {
		return err
	}
	data, err := plist.MarshalXML(record)
	if err != nil {
		return fmt.Errorf("save pair record: %w", err)
	}
	return c.change(ctx, "save pair record", saveRequest{
		SavePair: ios.SavePair{
			MessageType: "SavePairRecord", ProgName: program, ClientVersionString: program, LibUSBMuxVersion: 3,
			PairRecordID: id, PairRecordData: data,
		},
		DeviceID: uint32(deviceID),
	}, "SavePairRecord")
}

// saveRequest adds to go-ios's message the link that usbmuxd tells its listeners.
type saveRequest struct {
	ios.SavePair
	DeviceID uint32 `plist:"DeviceID,omitempty"`
}

// DeletePairRecord makes usbmuxd forget a phone's record. To forget one that is
// not there is no error.
func (c *Client) DeletePairRecord(ctx context.Context, udid string) error {
	id, err := recordID(udid)
	if err != nil {
		return err
	}
	request := newRequest("DeletePairRecord")
	request.PairRecordID = id
	err = c.change(ctx, "delete pair record", request, request.MessageType)
	if refused, ok := errors.AsType[*ResultError](err); ok && refused.Number == resultNoEntry {
		return nil
	}
	return err
}

// noRights are the errnos for "not allowed here": EPERM, EACCES and EROFS are the same
// numbers on every system that has them.
var noRights = []int64{1, 13, 30}

// change sends a request that alters the stored records.
func (c *Client) change(ctx context.Context, name string, request any, kind string) error {
	reply, err := c.ask(ctx, name, request)
	if err != nil {
		return err
	}
	err = c.result(reply, kind)
	if refused, ok := errors.AsType[*ResultError](err); ok {
		ev := refused.evidence()
		if slices.Contains(noRights, refused.Number) {
			ev["check"] = "the program that talks to iPhones may write to its folder for keys"
		}
		return cause.New(cause.PairRecordSaveFailed, ev, fmt.Errorf("%s: %w", name, err))
	}
	return err
}

// recordID is the name under which usbmuxd keeps a phone's record: a file name,
// so nothing but a UDID may become one.
func recordID(udid string) (string, error) {
	if !ValidUDID(udid) {
		return "", fmt.Errorf("name pair record: %q is no UDID", clip(udid))
	}
	return CanonicalUDID(udid), nil
}
