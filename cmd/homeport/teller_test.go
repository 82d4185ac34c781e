package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"homeport/agent"
	"homeport/backup"
	"homeport/cause"
	"homeport/preflight"
)

func anna() *agent.Phone {
	return &agent.Phone{UDID: "00008120-000A1B2C3D4E5F60", Name: "Anna's iPhone", Model: "iPhone 14 Pro", IOSVersion: "18.5", Speed: 480_000_000}
}

// told runs events through a teller that prints to no terminal.
func told(events ...agent.Event) string {
	var out bytes.Buffer
	t := newTeller(newLive(&out))
	for _, e := range events {
		if e.Time.IsZero() {
			e.Time = time.Date(2026, 11, 22, 10, 15, 2, 0, time.Local)
		}
		t.tell(e)
	}
	return out.String()
}

func TestTellerWords(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		event agent.Event
		want  string
	}{
		{"plugged", agent.Event{Kind: agent.Plugged, Phone: anna()},
			"10:15:02  Anna's iPhone  plugged in            iPhone 14 Pro, iOS 18.5, USB 2 (480 Mbit/s)\n"},
		{"waiting", agent.Event{Kind: agent.Waiting, Phone: anna(), Message: "unlock the iPhone"},
			"10:15:02  Anna's iPhone  waiting               unlock the iPhone\n"},
		{"verified", agent.Event{Kind: agent.Verified, Phone: anna(), Result: &agent.Result{Files: 184302, Bytes: 49_800_000_000, NewBytes: 1_200_000_000}},
			"10:15:02  Anna's iPhone  verified              184,302 files, 49.8 GB, 1.2 GB new\n"},
		{"failed", agent.Event{Kind: agent.Failed, Phone: anna(), Error: agent.NewFailure(cause.New(cause.DeviceLocked, nil, nil))},
			"10:15:02  Anna's iPhone  not backed up         the iPhone is locked\n" +
				indent + "hint: unlock the iPhone and leave it plugged in; homeport explain device-locked\n"},
		{"a name that would move the cursor", agent.Event{Kind: agent.Unplugged, Phone: &agent.Phone{UDID: "x", Name: "\x1b[2J\nev\u202eil"}},
			"10:15:02  [2J evil        unplugged\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := strings.ReplaceAll(told(c.event), "Anna's iPhone   ", "Anna's iPhone  ")
			if got != c.want {
				t.Errorf("told\n%q, want\n%q", got, c.want)
			}
		})
	}
}

// TestWhatToDoStaysLast holds that nothing is told below what the person has to do, until
// that has changed.
func TestWhatToDoStaysLast(t *testing.T) {
	t.Parallel()
	at := func(p backup.Phase, n int64) agent.Event {
		return agent.Event{Kind: agent.Progress, Phone: anna(), Progress: &agent.RunProgress{Phase: p, Bytes: n}}
	}
	ask := agent.Event{Kind: agent.Waiting, Phone: anna(), Cause: cause.PasscodePromptUnanswered, Message: "enter the passcode on the iPhone now"}
	out := told(at(backup.PhaseConnecting, 294), ask, at(backup.PhasePasscode, 3800), at(backup.PhasePasscode, 3900))
	if !strings.HasSuffix(out, ask.Message+"\n") {
		t.Errorf("below it:\n%s", out)
	}
	for _, next := range []backup.Phase{backup.PhaseWaiting, backup.PhaseReceiving} {
		if out := told(ask, at(backup.PhasePasscode, 3800), at(next, 4000)); strings.HasSuffix(out, ask.Message+"\n") {
			t.Errorf("it has changed to %s:\n%s", next, out)
		}
	}
}

// TestNotesOnce holds that a note is read once for each phone, and that the
// failure that is told as such is not told as a note too.
func TestNotesOnce(t *testing.T) {
	t.Parallel()
	checks := agent.Event{Kind: agent.Preflight, Phone: anna(), Cause: cause.DeviceLocked, Findings: []preflight.Finding{
		{Check: "encryption", Status: preflight.Info, Cause: cause.EncryptionOff},
		{Check: "unlocked", Status: preflight.Fail, Cause: cause.DeviceLocked},
		{Check: "battery", Status: preflight.Fail, Cause: cause.NotActivated},
	}}
	out := told(checks, checks)
	if n := strings.Count(out, "(encryption-off)"); n != 1 {
		t.Errorf("the note was told %d times:\n%s", n, out)
	}
	if n := strings.Count(out, "(device-locked)"); n != 0 {
		t.Errorf("the first failure was told as a note:\n%s", out)
	}
	if n := strings.Count(out, "(not-activated)"); n != 2 {
		t.Errorf("the second failure was told %d times, want each time:\n%s", n, out)
	}
}

// TestProgressLines holds that without a terminal progress is a line now and then.
func TestProgressLines(t *testing.T) {
	t.Parallel()
	var events []agent.Event
	for i := range 101 {
		events = append(events, agent.Event{Kind: agent.Progress, Phone: anna(), Time: time.Unix(int64(i), 0),
			Progress: &agent.RunProgress{Phase: backup.PhaseReceiving, Percent: float64(i), Bytes: int64(i) * 1e6}})
	}
	if n := strings.Count(told(events...), "backing up"); n != 11 {
		t.Errorf("%d lines for 0 to 100 %%, want 11", n)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	long := indent + "note: " + strings.Repeat("word ", 30) + "end"
	for line := range strings.SplitSeq(wrap(long, 80), "\n") {
		if len(line) > 80 || !strings.HasPrefix(line, indent) {
			t.Errorf("%q: longer than 80, or not aligned", line)
		}
	}
	if path := indent + strings.Repeat("x", 200); wrap(path, 80) != path {
		t.Error("a long word was broken")
	}
}

// TestNarrow holds that a narrow terminal shows whole words, and of a run what
// matters first.
func TestNarrow(t *testing.T) {
	t.Parallel()
	long := indent + "note: encryption is off; saved passwords and Health data will not be in the backup   (encryption-off)"
	broken := strings.Split(wrap(long, 40), "\n")
	for _, line := range broken {
		if len(line) > 40 || !strings.HasPrefix(line, "    ") {
			t.Errorf("%q: longer than 40, or not aligned", line)
		}
	}
	if got := strings.Join(strings.Fields(strings.Join(broken, " ")), " "); got != strings.Join(strings.Fields(long), " ") {
		t.Errorf("words are lost: %q", got)
	}
	for columns := range 60 {
		wrap(long, columns) // ends
	}
	var out bytes.Buffer
	l := newLive(&out)
	l.width = func() int { return 40 }
	newTeller(l).tell(agent.Event{Kind: agent.Progress, Time: time.Now(), Phone: &agent.Phone{UDID: "x", Name: "Anna's iPhone with a long name"},
		Progress: &agent.RunProgress{Phase: backup.PhaseReceiving, Percent: 43, Bytes: 21_400_000_000, Speed: 38e6, Left: 540}})
	if got := screen(out.String()); len(got) != 1 || !strings.HasPrefix(got[0], "43 %   21.4 GB   38 MB/s") {
		t.Errorf("screen %q", got)
	}
}

// TestMuxTroubleIsToldOnce holds that why usbmuxd does not answer is said once.
func TestMuxTroubleIsToldOnce(t *testing.T) {
	t.Parallel()
	e := agent.Event{Kind: agent.Service, Time: time.Now(), Message: "usbmuxd is gone", Cause: cause.MuxPermissionDenied,
		Error: agent.NewFailure(cause.New(cause.MuxPermissionDenied, nil, nil))}
	if got := told(e, e); strings.Count(got, "usbmuxd         does not answer") != 2 || strings.Count(got, "may not use the program") != 1 ||
		strings.Count(got, "hint: ") != 1 {
		t.Errorf("told:\n%s", got)
	}
	e = agent.Event{Kind: agent.Service, Time: time.Now(), Message: "older versions were not removed: " + strings.Repeat("x", 60)}
	if got := told(e); !strings.Contains(got, e.Message) {
		t.Errorf("cut: %s", got)
	}
}

// TestLogThatCannotBeWritten holds that a full disk is told once.
func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	p := &patient{w: failing{}, stderr: &errs}
	for range 3 {
		if n, err := p.Write([]byte("line\n")); n != 5 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if got := errs.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "the log cannot be written") {
		t.Errorf("told: %s", got)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestSameName(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"Anna’s iPhone", "anna's iphone"}, {"Zoe\u0308", "ZOË"}, {"A\u00a0 B", " a b"}, {"„Ben“", `"ben"`}, {"Straße", "straße"}} {
		if !sameName(pair[0], pair[1]) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"Anna", "Ann"}, {"Anna", ""}, {"Zoe", "Zoë"}} {
		if sameName(pair[0], pair[1]) {
			t.Errorf("%q and %q are the same", pair[0], pair[1])
		}
	}
}

// TestLiveBlock reads what a terminal would show: the block stays below the lines.
func TestLiveBlock(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := newLive(&out)
	l.width = func() int { return 40 }
	l.set("a", "a 1 %")
	l.set("b", strings.Repeat("b", 60))
	l.print("a line")
	l.set("a", "")
	want := []string{"a line", strings.Repeat("b", 38) + "…"}
	if got := screen(out.String()); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("screen %q, want %q", got, want)
	}
}

// screen plays the few control sequences that live uses.
func screen(s string) []string {
	var lines []string
	row := 0
	for s != "" {
		switch {
		case strings.HasPrefix(s, "\x1b[1A\x1b[2K"):
			row--
			lines[row] = ""
			s = s[len("\x1b[1A\x1b[2K"):]
		default:
			line, rest, _ := strings.Cut(s, "\n")
			lines = append(lines[:row], line)
			row++
			s = rest
		}
	}
	return lines
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Anna's iPhone":                  "Anna's iPhone",
		"\x1b]0;pwn\x07x":                "]0;pwnx",
		"a\nb\tc\rd":                     "a b cd",
		"\u202eabc\u2066\u200b":          "abc",
		"\xff\xfe":                       "",
		"Zoë \U0001F4F1":                 "Zoë \U0001F4F1",
		strings.Repeat("é", 1_000_000):   strings.Repeat("é", mostShown-1) + "…",
		strings.Repeat("a", mostShown):   strings.Repeat("a", mostShown),
		strings.Repeat("a", mostShown+1): strings.Repeat("a", mostShown-1) + "…",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%.20q) = %.40q, want %.40q", in, got, want)
		}
	}
}
