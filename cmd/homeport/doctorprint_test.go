package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/preflight"
)

// found is a finding as a check gives it.
func found(check string, g cause.Layer, s preflight.Status, id cause.ID, ev cause.Evidence) preflight.Finding {
	return preflight.Finding{Check: check, Group: g, Status: s, Cause: id, Evidence: ev}
}

// lockedAndFull is Anna's phone, locked, whose backup does not fit on the drive.
func lockedAndFull() agent.Outcome {
	return agent.Outcome{Phone: *anna(), Newest: &store.Version{Finished: time.Now().Add(-2*time.Hour - time.Minute), Files: 184302, Bytes: 49_800_000_000}, Findings: []preflight.Finding{
		found("usb-service", cause.Computer, preflight.Pass, "", nil),
		found("answers", cause.Cable, preflight.Pass, "", nil),
		found("unlocked", cause.Trust, preflight.Fail, cause.DeviceLocked, nil),
		found("trusted", cause.Trust, preflight.Pass, "", nil),
		found("battery", cause.Phone, preflight.Pass, "", cause.Evidence{"percent": 80}),
		found("destination-format", cause.Destination, preflight.Pass, "", cause.Evidence{"fileSystem": "ext4"}),
		found("earlier-backup", cause.Earlier, preflight.Pass, "", nil),
		found("room", cause.Destination, preflight.Fail, cause.HostDiskFull, cause.Evidence{"need": cause.Bytes(62_100_000_000), "free": cause.Bytes(8_400_000_000), "short": cause.Bytes(53_700_000_000)}),
	}}
}

// printed is a diagnosis as a person with so many columns reads it.
func printed(d diagnosis, columns int, colour bool) string {
	var out bytes.Buffer
	d.print(&page{w: &out, columns: columns, colour: colour})
	return out.String()
}

// TestDoctorPage holds the whole page of a phone with two troubles.
func TestDoctorPage(t *testing.T) {
	t.Parallel()
	got := printed(diagnosis{phones: []agent.Outcome{lockedAndFull()}}, 80, false)
	want := `Anna's iPhone   iPhone 14 Pro, iOS 18.5, USB 2 (480 Mbit/s)
  ok    computer         nothing wrong
  ok    cable and port   the iPhone answers
  ok    trust            trusts this computer
  FAIL                   The iPhone is locked   (device-locked)
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("printed\n%s\nwant it to begin with\n%s", got, want)
	}
	for _, want := range []string{
		"  ok    iPhone           battery at 80 %\n",
		"  ok    destination      ext4\n  FAIL                   The backup disk is too full: need 62.1 GB, have 8.4 GB\n                         (host-disk-full)\n                         1. Free 53.7 GB",
		"  ok    earlier backups  the last good one is from 2 hours ago: 49.8 GB, 184,302\n                         files\n",
		"\n2 things stop a backup; the first to do: unlock the iPhone",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("printed\n%s\nwant\n%s", got, want)
		}
	}
}

// TestDoctorOfAnIPad calls an iPad one, and the phone beside it an iPhone.
func TestDoctorOfAnIPad(t *testing.T) {
	t.Parallel()
	pad, phone := lockedAndFull(), lockedAndFull()
	pad.Phone.ProductType, pad.Phone.Model = "iPad13,18", "iPad (10th generation)"
	got := printed(diagnosis{phones: []agent.Outcome{pad, phone}}, 80, false)
	first, second, _ := strings.Cut(got, "iPhone 14 Pro")
	for _, want := range []string{"the iPad answers", "The iPad is locked", "  ok    iPad             battery", "unlock the iPad"} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in\n%s", want, first)
		}
	}
	if strings.Contains(first, "the iPhone") || strings.Contains(second, "iPad") || !strings.Contains(second, "The iPhone is locked") {
		t.Errorf("printed\n%s", got)
	}
}

// TestDoctorFits holds that no line is longer than the reader's screen, but for
// words that are, and that only marks have a colour.
func TestDoctorFits(t *testing.T) {
	t.Parallel()
	d := diagnosis{phones: []agent.Outcome{lockedAndFull(), lockedAndFull()}}
	for _, columns := range []int{30, 49, 50, 60, 80, 100} {
		for line := range strings.SplitSeq(printed(d, columns, false), "\n") {
			if n := utf8.RuneCountInString(line); n > columns || line != strings.TrimRight(line, " ") {
				t.Errorf("%d columns, a line of %d: %q", columns, n, line)
			}
		}
	}
	got := printed(d, 80, true)
	if n := strings.Count(got, "\x1b["); n != 2*strings.Count(got, "FAIL")+2*strings.Count(got, "  \x1b[32mok") || n == 0 {
		t.Errorf("%d colours in\n%q", n, got)
	}
}

// TestDoctorOfSeveral holds that what concerns all phones is told once, and that
// each has its own verdict.
func TestDoctorOfSeveral(t *testing.T) {
	t.Parallel()
	ben := lockedAndFull()
	ben.Phone.Name, ben.Findings = "Ben's iPhone", append([]preflight.Finding{}, ben.Findings...)
	ben.Findings[2] = found("unlocked", cause.Trust, preflight.Pass, "", nil)
	got := printed(diagnosis{phones: []agent.Outcome{lockedAndFull(), ben}, unlisted: []preflight.Finding{
		found("phone", cause.Cable, preflight.Warn, cause.DeviceNotInMux, cause.Evidence{"port": "1-1"}),
	}}, 80, false)
	for want, n := range map[string]int{
		"host-disk-full": 1, "device-not-in-mux": 1, "device-locked": 1, "This computer, for every iPhone": 1,
		"2 things stop a backup; the first to do: unlock": 1, "1 thing stops a backup: free 53.7 GB": 1,
	} {
		if got := strings.Count(got, want); got != n {
			t.Errorf("%q %d times, want %d", want, got, n)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

// TestDoctorSkips holds that what was not asked does not look as if it had passed.
func TestDoctorSkips(t *testing.T) {
	t.Parallel()
	skipped := func(check, needs string) preflight.Finding {
		f := found(check, cause.Phone, preflight.Skipped, "", nil)
		f.Needs = needs
		return f
	}
	got := printed(diagnosis{phones: []agent.Outcome{{Phone: *anna(), Findings: []preflight.Finding{
		found("trusted", cause.Trust, preflight.Fail, cause.NotTrusted, nil),
		skipped("battery", "trusted"), skipped("phone-storage", "trusted"), skipped("something-new", "answers"),
	}}}}, 80, false)
	for _, want := range []string{
		"  --    iPhone           not asked: its battery, its free space; needs trust\n",
		"  --                     not asked: something new; needs an iPhone that answers\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("printed\n%s\nwant\n%s", got, want)
		}
	}
	if strings.Contains(got, "ok ") {
		t.Errorf("something passed:\n%s", got)
	}
}

func TestAgoWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Hour: "a moment ago", 59 * time.Second: "a moment ago", time.Minute: "1 minute ago", 59 * time.Minute: "59 minutes ago",
		time.Hour: "1 hour ago", 47 * time.Hour: "47 hours ago", 48 * time.Hour: "2 days ago", 800 * time.Hour: "33 days ago",
	} {
		if got := agoWords(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// TestDoctorSaysWhatWasSeen holds that nothing is said of what nobody knows, and that
// the first thing to do is one that is not done yet.
func TestDoctorSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	page := func(unlocked, encrypted cause.Evidence) string {
		passed := found("contact", cause.Phone, preflight.Pass, "", nil)
		skipped := found("battery", cause.Phone, preflight.Skipped, "", nil)
		skipped.Needs = "trusted"
		return printed(diagnosis{phones: []agent.Outcome{{Phone: *anna(), Findings: []preflight.Finding{
			found("unlocked", cause.Trust, preflight.Pass, "", unlocked),
			found("encryption", cause.Destination, preflight.Pass, "", encrypted),
			found("trusted", cause.Trust, preflight.Fail, cause.PairRecordStale, nil), passed, skipped,
		}}}}, 80, false)
	}
	known := page(cause.Evidence{"unlocked": true}, cause.Evidence{"encrypted": true})
	for _, want := range []string{"  ok    trust            unlocked\n", "backups are encrypted\n", "1 thing stops a backup: tap Trust when it asks"} {
		if !strings.Contains(known, want) {
			t.Errorf("known: printed\n%s\nwant\n%s", known, want)
		}
	}
	unknown := page(nil, nil)
	for _, want := range []string{"unlocked\n", "encrypted", "nothing wrong\n  --"} {
		if strings.Contains(unknown, want) {
			t.Errorf("not known: printed\n%s\nand %q in it", unknown, want)
		}
	}
	if !strings.Contains(unknown, "1 thing stops a backup: unlock the iPhone") {
		t.Errorf("not known: printed\n%s", unknown)
	}
}

// TestHeading holds a name that is too long, and a phone of which nothing is known.
func TestHeading(t *testing.T) {
	t.Parallel()
	long := *anna()
	long.Name = strings.Repeat("a", 300)
	if got := heading(long); utf8.RuneCountInString(got) > 120 || !strings.Contains(got, "…   iPhone 14 Pro") {
		t.Errorf("%q", got)
	}
	if got := heading(agent.Phone{UDID: "00008110-000A"}); got != "00008110-000A" {
		t.Errorf("%q", got)
	}
}
