package simulator

import (
	"strings"
	"testing"
	"time"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	s := startConfig(t, Config{Phones: []PhoneSpec{{UDID: testUDID, Name: "Anna's iPhone"}, {UDID: strings.Repeat("a", 40), Name: "Ben"}}})
	anna, ben := s.Phones()[0], s.Phones()[1]
	tell := func(line, want string) {
		t.Helper()
		got, err := s.Command(line)
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %q %v, want %q", line, got, err, want)
		}
	}
	state := func(what string, ok bool) {
		t.Helper()
		if !ok {
			t.Errorf("not so: %s", what)
		}
	}
	tell("", "")
	tell("help", "mux-restart")
	tell("detach @ben", "")
	state("only Ben is unplugged", anna.Attached() && !ben.Attached())
	tell("attach", "")
	state("Ben is back", ben.Attached())
	tell("lock", "")
	state("both are locked", anna.Locked() && ben.Locked())
	tell("@0000-8110 unlock", "")
	state("Anna's is unlocked", !anna.Locked() && ben.Locked())
	tell("reboot @anna", "")
	tell("status @anna", "plugged in, locked")
	tell("unlock @anna", "")
	before := anna.Contents().View().Files()
	tell("modify 3 @anna", "3 files")
	tell("add 5 @anna", "5 files")
	tell("delete 2 @anna", "2 files")
	state("three files more", anna.Contents().View().Files() == before+3)
	tell("set com.apple.mobile.battery BatteryCurrentCapacity 7", "")
	state("battery", ben.domain(domainBattery, true)["BatteryCurrentCapacity"] == int64(7))
	tell("set . DeviceName New Name", "")
	state("name", ben.domain(domainRoot, true)["DeviceName"] == "New Name")
	tell("set . PhoneNumber null @ben", "")
	state("no number", ben.domain(domainRoot, true)["PhoneNumber"] == nil)
	tell("passcode timeout 2s", "")
	state("passcode", anna.sheet.passcode == Passcode{PasscodeTimeout, 2 * time.Second})
	tell("hold-lock 10s", "")
	tell("release-lock", "")
	tell("notify com.example.x", "")
	tell("trust @anna", "")
	tell("refuse @ben", "")
	tell("forget", "")
	tell("play cut backup 100 rst @ben", "planned cut backup 100 rst")
	tell("unfired", "cut backup 100 rst")
	tell("play mux-bad-entry", "planned")
	state("usbmuxd's fault is planned once", len(s.Unfired()) == 2)
	cancelAll(s)
}

// cancelAll takes every fault off the plan.
func cancelAll(s *Simulator) {
	meters := []*meter{s.meter}
	for _, p := range s.phones {
		meters = append(meters, p.meter)
	}
	for _, m := range meters {
		for _, p := range append([]*Played(nil), m.faults...) {
			p.Cancel()
		}
	}
}

func TestCommandsRefuse(t *testing.T) {
	t.Parallel()
	s := startConfig(t, Config{Phones: []PhoneSpec{{UDID: testUDID}, {UDID: strings.Repeat("a", 40)}}})
	for line, want := range map[string]string{
		"dance":                    "unknown command",
		"modify":                   "want N",
		"modify many":              "number of files",
		"lock @nobody":             "0 phones",
		"lock @iphone":             "2 phones",
		"enter":                    "no passcode sheet",
		"passcode perhaps":         "want enter",
		"passcode enter soon":      "duration",
		"hold-lock -1s":            "duration",
		"play dance":               "unknown kind",
		"play cut":                 "missing",
		"play cut radio 1 fin":     `channel "radio"`,
		"play cut afc many fin":    `number "many"`,
		"play cut afc 1 bang":      `kind "bang"`,
		"play stall afc 1 2s more": "too much",
		"play passcode":            "want a mode",
	} {
		if got, err := s.Command(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q %v, want %q", line, got, err, want)
		}
	}
}

func TestFaultTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"cut any 10 detached", "stall backup 5 1s", "slow afc 1000", "split mux 3", "response 105 moving 2", "passcode manual 0s",
		"sync-lock 3", "mux-restart 2s", "mux-hang 1s", "mux-bad-entry",
	} {
		fault, err := ParseFault(text)
		if err != nil || fault.String() != text {
			t.Errorf("%s: read as %v %v", text, fault, err)
		}
	}
	fault, err := ParseFault("lockdown StartService . ServiceLimit 2")
	if err != nil || fault != (LockdownError{Request: "StartService", Code: "ServiceLimit", Times: 2}) {
		t.Errorf("lockdown: %+v %v", fault, err)
	}
}
