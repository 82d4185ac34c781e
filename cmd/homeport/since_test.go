package main

import (
	"strings"
	"testing"
	"time"
)

// TestSince reads times as people write them.
func TestSince(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("somewhere", 2*3600)
	now := time.Date(2026, 11, 25, 15, 30, 0, 0, zone)
	for text, want := range map[string]string{
		"2h": "2026-11-25 13:30:00", "7d": "2026-11-18 15:30:00", "1w2d": "2026-11-16 15:30:00", "30m ago": "2026-11-25 15:00:00",
		"today": "2026-11-25 00:00:00", "Yesterday": "2026-11-24 00:00:00", "2026-11-01": "2026-11-01 00:00:00",
		"2026-11-01 10:15": "2026-11-01 10:15:00", "2026-11-01T10:15": "2026-11-01 10:15:00", "2026-11-25T12:00:00Z": "2026-11-25 14:00:00",
		"10:15": "2026-11-25 10:15:00", "23:00": "2026-11-24 23:00:00", "now": "2026-11-25 15:30:00",
	} {
		got, err := parseSince(text, now)
		if err != nil || got.In(zone).Format(time.DateTime) != want {
			t.Errorf("%s: %v, %v; want %s", text, got, err, want)
		}
	}
	if got, err := parseSince("", now); err != nil || !got.IsZero() {
		t.Errorf("empty: %v, %v", got, err)
	}
	for text, want := range map[string]string{
		"tomorrow": "no time", "2": "no time", "2026-13-01": "no time", "-2h": "no time", "2027-01-01": "still to come", "25:00": "no time", strings.Repeat("9", 400) + "d": "no time",
	} {
		if _, err := parseSince(text, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}

// TestCauseNamed finds what a person may have meant.
func TestCauseNamed(t *testing.T) {
	t.Parallel()
	for name, near := range map[string]string{
		"host-disk-ful": "host-disk-full", "HOST-DISK-FULL": "", "": "", "hostdiskfull": "host-disk-full", "device-lock": "device-locked",
		"disk full": "host-disk-full", "qqqqqqqqqqqqqq": "homeport explain",
	} {
		_, err := causeNamed(name)
		if near == "" && err != nil || near != "" && (err == nil || !strings.Contains(err.Error(), near)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
