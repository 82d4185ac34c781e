package mobilebackup2

import (
	"fmt"
	"time"

	"homeport/cause"
)

// The versions of DeviceLink that phones speak: 300 up to iOS 13, 400 since.
const (
	minMajor    = 300
	maxMajor    = 400
	answerMajor = 400
)

// handshake agrees on versions with the phone. The phone speaks first.
func handshake(l *link, limit time.Duration) error {
	m, err := l.message(limit)
	if err != nil {
		return err
	}
	major, ok := m.integer(1)
	if m.name != "DLMessageVersionExchange" || !ok {
		return protocolError("%s where the version exchange belongs", clip(m.name))
	}
	if major < minMajor || major > maxMajor {
		return tooOld("DeviceLink version %d is not known", major)
	}
	if err := l.send("DLMessageVersionExchange", "DLVersionsOk", int64(answerMajor)); err != nil {
		return err
	}
	if m, err = l.message(limit); err != nil {
		return err
	}
	if m.name != "DLMessageDeviceReady" {
		return protocolError("%s where the phone should be ready", clip(m.name))
	}
	return hello(l, limit)
}

// hello agrees on the version of MobileBackup2.
func hello(l *link, limit time.Duration) error {
	err := l.send("DLMessageProcessMessage", map[string]any{
		"MessageName":               "Hello",
		"SupportedProtocolVersions": []float64{2.0, 2.1},
	})
	if err != nil {
		return err
	}
	m, err := l.message(limit)
	if err != nil {
		return err
	}
	r, ok := m.response()
	switch {
	case m.name != "DLMessageProcessMessage" || !ok || !r.hasCode:
		return protocolError("%s where the answer to Hello belongs", clip(m.name))
	case r.code != 0:
		return tooOld("no common version of MobileBackup2 (%d %s)", r.code, r.text)
	}
	return nil
}

func tooOld(format string, args ...any) error {
	return cause.New(cause.HostSoftwareTooOld, cause.Evidence{"program": "Homeport"}, fmt.Errorf(format, args...))
}

// request asks for the backup. The folder's own identifier is sent too, as the
// phone reads the earlier backup under it.
func request(l *link, udid string, full bool) error {
	req := map[string]any{
		"MessageName":      "Backup",
		"TargetIdentifier": udid,
		"SourceIdentifier": udid,
	}
	if full {
		req["Options"] = map[string]any{"ForceFullBackup": true}
	}
	return l.send("DLMessageProcessMessage", req)
}
