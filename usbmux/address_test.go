package usbmux

import (
	"strings"
	"testing"

	"homeport/cause"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	unix := func(p string) Address { return Address{"unix", p} }
	tcp := func(p string) Address { return Address{"tcp", p} }
	good := map[string]struct {
		want Address
		text string
	}{
		"UNIX:/run/mux":                {unix("/run/mux"), "UNIX:///run/mux"},
		"unix:/run/mux":                {unix("/run/mux"), "UNIX:///run/mux"},
		"UNIX:///run/mux":              {unix("/run/mux"), "UNIX:///run/mux"},
		"unix:///run/mux":              {unix("/run/mux"), "UNIX:///run/mux"},
		"Unix:////run//mux/":           {unix("/run/mux"), "UNIX:///run/mux"},
		"/run/mux":                     {unix("/run/mux"), "UNIX:///run/mux"},
		"/run/a b:c":                   {unix("/run/a b:c"), "UNIX:///run/a b:c"},
		"tcp://localhost:27015":        {tcp("localhost:27015"), "localhost:27015"},
		"TCP://127.0.0.1:1":            {tcp("127.0.0.1:1"), "127.0.0.1:1"},
		"127.0.0.1:27015":              {tcp("127.0.0.1:27015"), "127.0.0.1:27015"},
		"box.lan:027015":               {tcp("box.lan:27015"), "box.lan:27015"},
		"[::1]:27015":                  {tcp("[::1]:27015"), "[::1]:27015"},
		"tcp://[fe80::1%eth0]:65535":   {tcp("[fe80::1%eth0]:65535"), "[fe80::1%eth0]:65535"},
		"/" + strings.Repeat("x", 102): {unix("/" + strings.Repeat("x", 102)), "UNIX:///" + strings.Repeat("x", 102)},
	}
	for s, tc := range good {
		got, err := ParseAddress(s)
		if err != nil || got != tc.want || got.String() != tc.text {
			t.Errorf("%q: %v, %q, %v; want %v, %q", s, got, got, err, tc.want, tc.text)
		}
		if again, err := ParseAddress(got.String()); err != nil || again != got {
			t.Errorf("%q: read back as %v, %v", s, again, err)
		}
	}
	bad := []string{
		"", "/", "unix:", "unix://", "unix:relative", "unix://relative/path", "UNIX:///", "a://b://c", "unix:///a://b", "http://x:1",
		"://x", "localhost", "localhost:", ":27015", "host:0", "host:65536", "host:-1", "host:http", "::1:27015", "[::1]", "a b:1",
		"user@host:1", "tcp:/run/mux", `C:\pipe`, "/run/\x00mux", "/run/\nmux", "host:1\x1b[31m", "/" + strings.Repeat("x", 103),
		strings.Repeat("x", 1<<20),
	}
	for _, s := range bad {
		a, err := ParseAddress(s)
		if id, _ := cause.Of(err); id != cause.ConfigInvalid {
			t.Errorf("%q: %v, %v; want %s", clip(s), a, err, cause.ConfigInvalid)
		} else if len(err.Error()) > 500 {
			t.Errorf("%q: the error has %d bytes", clip(s), len(err.Error()))
		}
	}
}

func TestAddressFromEnv(t *testing.T) {
	t.Setenv(AddressVariable, "")
	if a, err := AddressFromEnv(); err != nil || a != DefaultAddress() {
		t.Errorf("unset: %v, %v", a, err)
	}
	t.Setenv(AddressVariable, "UNIX:/run/other")
	if a, err := AddressFromEnv(); err != nil || a.Addr != "/run/other" {
		t.Errorf("set: %v, %v", a, err)
	}
	t.Setenv(AddressVariable, "nonsense")
	if a, err := AddressFromEnv(); err == nil {
		t.Errorf("nonsense: %v", a)
	}
}

func TestUDID(t *testing.T) {
	t.Parallel()
	old := strings.Repeat("0a", 20)
	for _, tc := range []struct {
		in, canonical string
		valid         bool
	}{
		{old, old, true},
		{strings.ToUpper(old), old, true},
		{"00008110-000a1b2c3d4e5f60", "00008110-000A1B2C3D4E5F60", true},
		{"00008110000A1B2C3D4E5F60", "00008110-000A1B2C3D4E5F60", true},
		{"", "", false}, {"../..", "../..", false}, {old + "0", old + "0", false},
		{"0000811-0000A1B2C3D4E5F60", "0000811-0000A1B2C3D4E5F60", false},
		{strings.Repeat("g", 40), strings.Repeat("g", 40), false},
		{strings.Repeat("a", 10_000), strings.Repeat("a", 10_000), false},
		{"ſ000811000A1B2C3D4E5F60", "ſ000811000A1B2C3D4E5F60", false},
	} {
		if got := ValidUDID(tc.in); got != tc.valid {
			t.Errorf("valid %q: %v", clip(tc.in), got)
		}
		if got := CanonicalUDID(tc.in); got != tc.canonical {
			t.Errorf("canonical %q: %q", clip(tc.in), clip(got))
		}
	}
	if !SameUDID("00008110-000a1b2c3d4e5f60", "00008110000A1B2C3D4E5F60") {
		t.Error("case or dash made two phones of one")
	}
	if SameUDID("", "") || SameUDID("-", "") || SameUDID(old, strings.Repeat("0b", 20)) {
		t.Error("two phones, or none, are the same")
	}
}
