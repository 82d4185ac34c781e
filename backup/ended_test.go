package backup

import (
	"context"
	"errors"
	"net"
	"testing"

	"homeport/cause"
)

// values is a phone that only tells values.
type values map[string]map[string]any

func (v values) Open(context.Context, string) (net.Conn, error) { return nil, errors.New("not here") }

func (v values) Values(_ context.Context, domain string) (map[string]any, error) {
	if list, ok := v[domain]; ok {
		return list, nil
	}
	return nil, errors.New("it does not tell")
}

// TestEnded holds that a phone's number is believed only where it can be true.
func TestEnded(t *testing.T) {
	t.Parallel()
	disk := func(free any) values { return values{"com.apple.disk_usage": {"AmountDataAvailable": free}} }
	full, room := disk(uint64(300_000_000)), disk(uint64(117_037_858_816))
	open, sealed := values{}, values{"com.apple.mobile.backup": {"WillEncrypt": true}}
	for name, c := range map[string]struct {
		code  int64
		phone values
		built bool
		want  cause.ID // "": the number decides
	}{
		"22, no password":            {22, open, true, cause.EncryptionRequiredByPolicy},
		"22, encrypted":              {22, sealed, true, cause.BackupBlockedByRestriction},
		"102, full":                  {102, full, true, cause.DeviceStorageFull},
		"102, with room":             {102, room, true, cause.DeviceInternalError},
		"106, with room":             {106, disk(int64(2_000_000_000)), true, cause.DeviceInternalError},
		"106, it does not tell":      {106, open, true, cause.DeviceStorageFull},
		"102, less than nothing":     {102, disk(int64(-1)), true, cause.DeviceStorageFull},
		"205, built on an old one":   {205, open, true, ""},
		"204, with nothing there":    {204, open, false, cause.DeviceInternalError},
		"205, with nothing there":    {205, open, false, cause.DeviceInternalError},
		"209, with nothing there":    {209, open, false, cause.DeviceInternalError},
		"211, though it is a backup": {211, open, true, cause.DeviceInternalError},
		"208":                        {208, open, true, ""},
	} {
		e := LookAt(t.Context(), c.phone, c.code, c.built)
		id, ok := e.Cause()
		if ok != (c.want != "") || ok && id != c.want {
			t.Errorf("%s: %s, %v; want %s", name, id, ok, c.want)
		}
	}
	ev := cause.Evidence{}
	LookAt(t.Context(), full, 102, true).Note(cause.DeviceStorageFull, ev)
	if ev["free"] != cause.Bytes(300_000_000) {
		t.Errorf("evidence %v", ev)
	}
}

func TestPhoneSaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Device locked (MBErrorDomain/208)": "Device locked (MBErrorDomain/208)",
		"Device locked":                     "Device locked (MBErrorDomain/208)",
		" ":                                 "MBErrorDomain/208",
		"other (MBErrorDomain/1)":           "other (MBErrorDomain/1) (MBErrorDomain/208)",
	} {
		if got := PhoneSaid(208, text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
