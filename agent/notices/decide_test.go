package notices

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeport/cause"
)

var update = flag.Bool("update", false, "write the golden files anew")

const anna, ben = "00008110-000A11223344001E", "00008120-000B11223344002F"

var all = Settings{Waiting: true, Failed: true, Overdue: true, Damage: true, First: true}

// of makes an event as the agent would. The words of the catalogue are another's affair.
func of(kind string, id cause.ID) Event {
	e := Event{Kind: kind, UDID: anna, Phone: "Anna's iPhone", Run: "r1", Cause: id}
	if id != "" {
		e.Sentence, e.Steps = "the sentence of "+string(id), []string{"The first step.", "The second."}
	}
	return e
}

func (e Event) by(udid, name string) Event { e.UDID, e.Phone = udid, name; return e }
func (e Event) in(run string) Event        { e.Run = run; return e }
func (e Event) says(message string) Event  { e.Message = message; return e }

var (
	prompt = of("waiting", cause.PasscodePromptUnanswered).says("enter the passcode on the iPhone now")
	done   = func() Event {
		e := of("finished", "")
		e.Done = &Done{Files: 184302, Bytes: 49_800_000_000, NewBytes: 1_200_000_000, Seconds: 998}
		return e
	}()
	shrank = func() Event {
		e := done
		e.Done = &Done{Files: 12, Bytes: 1e9, Seconds: 20, Remarks: []Remark{{cause.BackupSlow, "it was slow", nil}, {cause.BackupShrank, "it holds much less", []string{"Think."}}}}
		return e
	}()
)

// step is an event some time after the one before.
type step struct {
	after time.Duration
	event Event
}

// stories are what a person may live through. "restart" opens the memory anew.
var stories = []struct {
	name  string
	with  func(*Settings)
	steps []step
}{
	{"passcode", nil, []step{
		{0, prompt},
		{time.Minute, prompt.says("the iPhone still waits for its passcode; enter it there now")},
		{9 * time.Minute, prompt.in("r2")},
		{30 * time.Second, prompt.in("r3")},
		{time.Second, prompt.by(ben, "Ben's iPhone").in("r9")},
		{0, of("waiting", "").says("the iPhone is getting its files ready")},
		{24 * time.Hour, prompt.in("r4").says("look at the iPhone: it may ask for its passcode")},
		{5 * time.Second, prompt.in("r4")},
	}},
	{"trust and unlock", nil, []step{
		{0, of("waiting", cause.NotTrusted)},
		{time.Minute, of("waiting", cause.PairRecordMissing)},
		{time.Minute, of("waiting", cause.DeviceLocked)},
		{30 * time.Minute, of("waiting", cause.DeviceNotUnlockedSinceBoot)},
		{31 * time.Minute, of("waiting", cause.DeviceLocked)},
		{0, of("waiting", cause.SyncLockHeld)},
		{0, of("waiting", cause.AlreadyRunning)},
	}},
	{"backed up: the first one", nil, []step{{0, done}, {24 * time.Hour, done.in("r2")}, {0, done.by(ben, "Ben's iPhone")}}},
	{"backed up: always", func(s *Settings) { s.First, s.Always = false, true }, []step{{0, done}, {24 * time.Hour, done.in("r2")}}},
	{"backed up: never", func(s *Settings) { s.First = false }, []step{{0, done}}},
	{"not backed up", nil, []step{
		{0, of("failed", cause.HostDiskFull)},
		{10 * time.Minute, of("failed", cause.HostDiskFull)},
		{10 * time.Minute, of("failed", cause.TrustDenied)},
		{10 * time.Minute, of("failed", cause.PasscodePromptCancelled)},
		{31 * time.Minute, of("failed", cause.HostDiskFull)},
		{time.Minute, done.in("r5")},
		{time.Minute, of("failed", cause.UserCancelled)},
		{time.Minute, of("failed", cause.HostShutdown)},
	}},
	{"tried again by itself", nil, []step{
		{0, done.in("r0")},
		{24 * time.Hour, of("failed", cause.TransferStalled)},
		{time.Hour, of("failed", cause.DeviceBackupAgentCrashed)},
		{time.Hour, of("failed", cause.TransferStalled)},
		{time.Hour, done},
		{24 * time.Hour, of("failed", cause.TransferStalled)},
		{time.Hour, done.in("r2")},
	}},
	{"a drive that is away", nil, []step{
		{0, of("failed", cause.DestinationMissing)},
		{time.Minute, of("failed", cause.DestinationMissing).by(ben, "Ben's iPhone")},
	}},
	{"overdue", nil, []step{
		{0, of("note", cause.BackupOverdue)},
		{24 * time.Hour, of("note", cause.BackupOverdue)},
		{time.Hour, done},
		{time.Hour, of("note", cause.HostShutdown)},
	}},
	{"a command", nil, []step{
		{0, of("failed", cause.CommandFailed)},
		{time.Hour, done},
		{time.Second, of("note", cause.CommandFailed)},
	}},
	{"damage", nil, []step{
		{0, of("service", cause.VersionDamaged)},
		{time.Minute, of("service", cause.VersionDamaged)},
		{time.Minute, shrank.in("r2")},
		{time.Minute, of("service", "")},
	}},
	{"all off", func(s *Settings) { *s = Settings{} }, []step{
		{0, prompt}, {0, done}, {0, of("failed", cause.HostDiskFull)}, {0, of("note", cause.BackupOverdue)}, {0, of("service", cause.VersionDamaged)}, {0, shrank},
	}},
	{"a hostile name", nil, []step{
		{0, prompt.by(anna, "\x1b]0;pwn\a\n$(reboot)`id`\u202e\"]]> -execute '; rm -rf ~ "+strings.Repeat("x", 4000))},
		{0, of("waiting", cause.DeviceLocked).by(anna, "\x00\u200b\n")},
	}},
	{"a clock that jumps", nil, []step{
		{0, of("failed", cause.HostDiskFull)},
		{-20 * 365 * 24 * time.Hour, of("failed", cause.HostDiskFull)},
		{time.Minute, of("failed", cause.HostDiskFull)},
		{40 * 365 * 24 * time.Hour, of("failed", cause.HostDiskFull)},
	}},
}

// TestDecide tells each story and holds what a person sees against the golden file. The
// memory is read from its file before each event: a restart forgets nothing.
func TestDecide(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, s := range stories {
		fmt.Fprintf(&b, "== %s\n", s.name)
		settings := all
		if s.with != nil {
			s.with(&settings)
		}
		path := filepath.Join(t.TempDir(), "state", "notices.json")
		at := time.Date(2026, 11, 22, 10, 15, 3, 0, time.UTC)
		begun := at
		for _, step := range s.steps {
			at = at.Add(step.after)
			e := step.event
			e.Time = at
			n, ok := Decide(e, settings, OpenMemory(path))
			fmt.Fprintf(&b, "%v  %s %s %s\n", at.Sub(begun), e.Kind, e.Cause, e.Run)
			if ok {
				fmt.Fprintf(&b, "    %s\n    %s\n", n.Title, n.Text)
			}
		}
	}
	const golden = "testdata/notices.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestTextsAreBounded decides about every cause with evidence that is out of hand.
func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\x1b[2J very long \u202e", 2000)
	for _, row := range cause.All() {
		for _, kind := range []string{"waiting", "failed", "note", "service"} {
			e := of(kind, row.ID).by(anna, long)
			e.Sentence, e.Steps = long, []string{long}
			e.Time = time.Now()
			m := OpenMemory("")
			n, ok := Decide(e, all, m)
			if !ok {
				n, ok = Decide(e, all, m) // the second time counts for what is tried again
			}
			if !ok {
				continue
			}
			if n.Title != clean(n.Title, mostTitle) || n.Text != clean(n.Text, mostText) || n.Text == "" {
				t.Errorf("%s %s: %q, %q", kind, row.ID, n.Title, n.Text)
			}
		}
	}
}
