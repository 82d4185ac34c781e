package lockdown

import (
	"fmt"

	"homeport/cause"
	"homeport/usbmux/plist"
)

// Error says that lockdownd refused a request.
type Error struct {
	Request string // "GetValue", "StartService", ...
	Key     string // what was asked for: a domain and key, or a service
	Code    string // lockdownd's own name of the reason, such as "InvalidHostID"
}

// Error names the request and the reason.
func (e *Error) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s: phone answered %s", e.Request, e.Code)
	}
	return fmt.Sprintf("%s %s: phone answered %s", e.Request, e.Key, e.Code)
}

// codeCauses says what each of lockdownd's reasons means to a person.
var codeCauses = map[string]cause.ID{
	"PasswordProtected":                   cause.DeviceLocked,
	"GetProhibited":                       cause.DeviceLocked,
	"EscrowLocked":                        cause.DeviceNotUnlockedSinceBoot,
	"PairingDialogResponsePending":        cause.NotTrusted,
	"UserDeniedPairing":                   cause.TrustDenied,
	"InvalidHostID":                       cause.PairRecordStale,
	"InvalidPairRecord":                   cause.PairRecordStale,
	"MissingPairRecord":                   cause.PairRecordMissing,
	"SavePairRecordFailed":                cause.PairRecordSaveFailed,
	"PairingProhibitedOverThisConnection": cause.PairingNeedsUSB,
	"InvalidConnection":                   cause.PairingNeedsUSB,
	"MCProtected":                         cause.PairingProhibitedByPolicy,
	"MCChallengeRequired":                 cause.SupervisedHostMismatch,
	"FMiPProtected":                       cause.LostMode,
	"InvalidActivationRecord":             cause.NotActivated,
	"MissingActivationRecord":             cause.NotActivated,
	"ServiceLimit":                        cause.ServiceLimit,
	"ServiceProhibited":                   cause.BackupServiceRefused,
	"InvalidService":                      cause.BackupServiceRefused,
	"MissingService":                      cause.BackupServiceRefused,
	"InvalidResponse":                     cause.ProtocolError,
	"MissingHostID":                       cause.ProtocolError,
	"MissingKey":                          cause.ProtocolError,
	"SessionActive":                       cause.ProtocolError,
	"SessionInactive":                     cause.ProtocolError,
	"MissingSessionID":                    cause.ProtocolError,
	"InvalidSessionID":                    cause.ProtocolError,
}

// missingValue is the reason that is no failure: there is nothing to tell.
const missingValue = "MissingValue"

// refusal makes an error of the Error in a reply.
func refusal(reply plist.Dict, request, about string) error {
	value, refused := reply["Error"]
	if !refused {
		if result, _ := reply.String("Result"); result != "Failure" { // iOS before 5
			return nil
		}
		value = "Failure"
	}
	code, ok := value.(string)
	if !ok || code == "" {
		code = "an unreadable error"
	}
	e := &Error{Request: request, Key: about, Code: clip(code)}
	id, known := codeCauses[code]
	switch {
	case !known:
		id = cause.Unknown
	case request == "StartService" && code == "PasswordProtected":
		// With the escrow bag a locked phone opens its services, unless it was
		// never unlocked since it started.
		id = cause.DeviceNotUnlockedSinceBoot
	}
	ev := cause.Evidence{"layer": "lockdownd", "request": request, "code": e.Code}
	if about == fileService {
		ev["service"] = "file service"
	}
	return cause.New(id, ev, e)
}

// clip shortens a text of foreign origin for an error.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "..."
	}
	return plain(s)
}
