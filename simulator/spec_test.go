package simulator

import (
	"strings"
	"testing"
	"time"
)

func TestParseSpec(t *testing.T) {
	t.Parallel()
	config, err := ParseSpec([]byte(`
listen: ["tcp://127.0.0.1:0"]
phones:
  - udid: 00008110-000A1B2C3D4E801E
    name: Anna's iPhone
    seed: 7
    files: 2_000
    trust: auto
    passcode: {mode: timeout, delay: 5s}
    battery: {percent: 0, not_charging: true}
    backup_password: se cret
    keybag_rounds: 5000
    values: {com.apple.mobile.backup: {WillEncrypt: true, CloudBackupEnabled: null}}
  - {udid: "0123456789abcdef0123456789abcdef01234567", trust: {mode: refuse, polls: 2, delay: 1m}, profile: small}
`))
	must(t, err)
	first, second := config.Phones[0], config.Phones[1]
	if first.Name != "Anna's iPhone" || first.Files != 2000 || first.Trust.Mode != TrustAuto || *first.Battery.Percent != 0 {
		t.Errorf("first: %+v", first)
	}
	if first.Passcode != (Passcode{PasscodeTimeout, 5 * time.Second}) || second.Trust != (Trust{TrustRefuse, 2, time.Minute}) {
		t.Errorf("people: %+v %+v", first.Passcode, second.Trust)
	}
	if first.BackupPassword != "se cret" || first.KeybagRounds != 5000 {
		t.Errorf("password %q, %d rounds", first.BackupPassword, first.KeybagRounds)
	}
	if second.Files != 0 || second.Name != "Simulated iPhone" {
		t.Errorf("second: %+v", second)
	}
	s := startConfig(t, config)
	backup := s.Phones()[0].domain(domainBackup, true)
	if _, there := backup["CloudBackupEnabled"]; there || backup["WillEncrypt"] != true {
		t.Errorf("values: %v", backup)
	}
	if _, err := ParseSpec([]byte(`{"phones": [{"udid": "00008110-000A1B2C3D4E801E", "trust": {"mode": "paired"}}]}`)); err != nil {
		t.Errorf("json: %v", err)
	}
}

func TestParseSpecRefuses(t *testing.T) {
	t.Parallel()
	const udid = "udid: 00008110-000A1B2C3D4E801E"
	for spec, want := range map[string]string{
		"":                                      "no phones",
		"phones: []":                            "no phones",
		"phones: 3":                             "line 1",
		"\t":                                    "read spec",
		"phones: [{" + udid + ", colour: red}]": "field colour is not known",
		"phones: [{" + udid + ", trust: {poll: 2}}]":               "field poll is not known",
		"phones: [{udid: ../../etc}]":                              `phone 1: udid "../../etc"`,
		"phones: [{" + udid + "}, {" + udid + "}]":                 "a second phone",
		"phones: [{" + udid + ", trust: maybe}]":                   `trust mode "maybe"`,
		"phones: [{" + udid + ", passcode: {mode: x}}]":            `passcode mode "x"`,
		"phones: [{" + udid + ", product_version: new}]":           `product_version "new"`,
		"phones: [{" + udid + ", battery: {percent: 101}}]":        "battery percent 101",
		"phones: [{" + udid + ", files: -1}]":                      "files -1",
		"phones: [{" + udid + ", keybag_rounds: -1}]":              "keybag_rounds -1",
		"phones: [{" + udid + ", profile: huge}]":                  `profile "huge"`,
		"phones: [{" + udid + ", connection: tin}]":                `connection "tin"`,
		"phones: [{" + udid + ", disk: {total: 1, available: 2}}]": "2 available of 1",
		"phones: [{" + udid + ", passcode: {delay: soon}}]":        "soon",
	} {
		_, err := ParseSpec([]byte(spec))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", spec, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "simulator.") {
			t.Errorf("%q: %v names a type of ours", spec, err)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"udp://127.0.0.1:0": "want tcp://", "127.0.0.1:0": "listen", "unix:///none/none/s": "listen", "tcp://256.0.0.1:1": "listen",
	} {
		s, err := Start(Config{Listen: []string{"tcp://127.0.0.1:0", address}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		if err == nil {
			_ = s.Close()
		}
	}
}
