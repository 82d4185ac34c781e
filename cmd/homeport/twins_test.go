package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/cause"
)

// TestTwins tells phones of one name apart, by as little as is needed.
func TestTwins(t *testing.T) {
	t.Parallel()
	n := twins{}
	n.add(map[string]string{
		"00008030-001122334455004E": "iPhone", "00008030-001122334455005e": "iphone ", "00008030-00112233449905AE": "Anna's", "00008030-001122334455005F": "",
		"00008030-AA0000000000BEEF": "Ben", "00008030-BB0000000000BEEF": "Ben",
	})
	for udid, want := range map[string][2]string{
		"00008030-001122334455004E": {"iPhone", "iPhone (004E)"}, "00008030001122334455005E": {"iphone ", "iphone  (005E)"},
		"00008030-00112233449905AE": {"Anna's", "Anna's"}, "00008030-001122334455005F": {"", "00008030-001122334455005F"},
		"00008030-AA0000000000BEEF": {"Ben", "Ben (A0000000000BEEF)"}, "x": {" \u200b", "x"},
	} {
		if got := n.label(udid, want[0]); got != want[1] {
			t.Errorf("%s: %q, want %q", udid, got, want[1])
		}
	}
}

// TestChooseMet names phones that were ever here, the nearest first.
func TestChooseMet(t *testing.T) {
	t.Parallel()
	list := []plugged{
		{phone: agent.Phone{UDID: "1", Name: "Zoe"}}, {phone: agent.Phone{UDID: "2", Name: "Anna\u2019s iPhone"}}, {phone: agent.Phone{UDID: "3", Name: "Bert"}},
	}
	for name, first := range map[string]string{"Anna": "Anna\u2019s iPhone (2)", "anna's iphnoe": "Anna\u2019s iPhone (2)", "Birt": "Bert (3)", "Quasimodo": "Zoe (1)"} {
		_, err := chooseMet(list, name)
		e := cause.From(err)
		met, _ := e.Evidence["met"].([]string)
		if e.ID != cause.NoSuchPhone || len(met) != 3 || met[0] != first || !strings.Contains(e.Sentence(), "ever here; there was "+first) {
			t.Errorf("%s: %v: %s", name, met, e.Sentence())
		}
		if hint := hintOf(err); strings.Contains(hint, "homeport devices") {
			t.Errorf("%s: %s", name, hint)
		}
	}
	if found, err := chooseMet(list, "anna's iphone"); err != nil || found[0].phone.UDID != "2" {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := chooseMet(nil, "Anna"); !strings.Contains(cause.From(err).Sentence(), "there is none") {
		t.Errorf("nobody: %v", err)
	}
}

// TestPrintStatus reads one glance at phones and drives as a person does.
func TestPrintStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	good := now.Add(-3 * 24 * time.Hour)
	gone := &status.Trouble{Cause: cause.DestinationMissing, Message: "the backup folder /media/b is not there; its drive may not be connected", Remedy: []string{"Connect the drive."}}
	var out bytes.Buffer
	a := &app{stdout: &output{w: &out}}
	a.printStatus(status.Snapshot{
		Now: now,
		Phones: []status.Phone{
			{UDID: "00008030-001122334455004E", Name: "iPhone", State: status.Failed, Message: "not backed up: no room", Trouble: gone, LastGood: &good, Note: "the next try is at 13:00"},
			{UDID: "00008030-001122334455005E", Name: "iPhone", State: status.Away, Message: "never backed up here; plug it in", Note: "5 minutes ago: unplugged before it was unlocked"},
			{UDID: "00008030-001122334455006E", Name: " ", State: status.Failed, Message: "not backed up: no room", Trouble: gone},
		},
		Destinations: []status.Destination{{Path: "/media/b", Error: gone}},
	}, true, nil)
	want := `iPhone (004E)   not plugged in
  not backed up: no room
  hint: connect the drive; homeport explain destination-missing
  the next try is at 13:00
  last backed up 3 days ago

iPhone (005E)   not plugged in
  never backed up here; plug it in
  5 minutes ago: unplugged before it was unlocked

00008030-001122334455006E   not plugged in
  not backed up: no room
  hint: connect the drive; homeport explain destination-missing
  there is no backup of it in this folder yet

backups: the backup folder /media/b is not there; its drive may not be connected
hint: connect the drive; homeport explain destination-missing
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestFlagTrouble says what is wrong with a flag without the words of a library.
func TestFlagTrouble(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"history --limit many":   "--limit many is no whole number",
		"history --outcom x":     "unknown flag: --outcom; did you mean --outcome?",
		"logs --follow=often":    "--follow often is neither true nor false",
		"doctor --timeout never": "--timeout never is no time such as 90s or 10m",
		"logs -z":                "unknown shorthand flag: 'z' in -z",
		"status --log-level x":   "--log-level x is none of debug, info, warn, error",
	} {
		var said bytes.Buffer
		fields := strings.Fields(args)
		if code := run(fields, nil, &bytes.Buffer{}, &said); code != cause.ExitUsage {
			t.Errorf("%s: exit %d", args, code)
		}
		if got := said.String(); got != "error: "+want+"\nhint: homeport "+fields[0]+" --help\n" {
			t.Errorf("%s: %s", args, got)
		}
	}
}
