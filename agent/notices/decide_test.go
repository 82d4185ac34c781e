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

// of makes an event as the agent would.
func of(kind string, id cause.ID, ev cause.Evidence) Event {
	e := Event{Kind: kind, UDID: anna, Phone: "Anna's iPhone", Run: "r1", Cause: id}
	if id != "" {
		c := cause.New(id, ev, nil)
		e.Sentence, e.Steps = c.Sentence(), c.Remedy("linux")
	}
	return e
}

func (e Event) by(udid, name string) Event { e.UDID, e.Phone = udid, name; return e }
func (e Event) in(run string) Event        { e.Run = run; return e }
func (e Event) says(message string) Event  { e.Message = message; return e }

var (
	prompt = of("waiting", cause.PasscodePromptUnanswered, nil).says("enter the passcode on the iPhone now")
	done   = func() Event {
		e := of("finished", "", nil)
		e.Done = &Done{Files: 184302, Bytes: 49_800_000_000, NewBytes: 1_200_000_000, Seconds: 998}
		return e
	}()
	shrank = func() Event {
		e := done
		r := cause.New(cause.BackupShrank, cause.Evidence{"before": cause.Bytes(5e10), "now": cause.Bytes(1e9), "files": 3}, nil)
		e.Done = &Done{Files: 12, Bytes: 1e9, Seconds: 20, Remarks: []Remark{{r.ID, r.Sentence(), r.Remedy("linux")}}}
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
		{0, of("waiting", "", nil).says("the iPhone is getting its files ready")},
		{24 * time.Hour, prompt.in("r4").says("look at the iPhone: it may ask for its passcode")},
		{5 * time.Second, prompt.in("r4")},
	}},
	{"trust and unlock", nil, []step{
		{0, of("waiting", cause.NotTrusted, nil)},
		{time.Minute, of("waiting", cause.PairRecordMissing, nil)},
		{time.Minute, of("waiting", cause.DeviceLocked, nil)},
		{30 * time.Minute, of("waiting", cause.DeviceNotUnlockedSinceBoot, nil)},
		{31 * time.Minute, of("waiting", cause.DeviceLocked, nil)},
		{0, of("waiting", cause.SyncLockHeld, nil)},
		{0, of("waiting", cause.AlreadyRunning, nil)},
	}},
	{"backed up: the first one", nil, []step{{0, done}, {24 * time.Hour, done.in("r2")}, {0, done.by(ben, "Ben's iPhone")}}},
	{"backed up: always", func(s *Settings) { s.First, s.Always = false, true }, []step{{0, done}, {24 * time.Hour, done.in("r2")}}},
	{"backed up: never", func(s *Settings) { s.First = false }, []step{{0, done}}},
	{"not backed up", nil, []step{
		{0, of("failed", cause.HostDiskFull, cause.Evidence{"need": cause.Bytes(621e8), "have": cause.Bytes(84e8), "missing": cause.Bytes(537e8), "volume": "Backups"})},
		{10 * time.Minute, of("failed", cause.HostDiskFull, nil)},
		{10 * time.Minute, of("failed", cause.TrustDenied, nil)},
		{10 * time.Minute, of("failed", cause.PasscodePromptCancelled, nil)},
		{31 * time.Minute, of("failed", cause.HostDiskFull, nil)},
		{time.Minute, done.in("r5")},
		{time.Minute, of("failed", cause.UserCancelled, nil)},
		{time.Minute, of("failed", cause.HostShutdown, nil)},
	}},
	{"tried again by itself", nil, []step{
		{0, done.in("r0")},
		{24 * time.Hour, of("failed", cause.TransferStalled, nil)},
		{time.Hour, of("failed", cause.DeviceBackupAgentCrashed, nil)},
		{time.Hour, of("failed", cause.TransferStalled, nil)},
		{time.Hour, done},
		{24 * time.Hour, of("failed", cause.TransferStalled, nil)},
		{time.Hour, done.in("r2")},
	}},
	{"a drive that is away", nil, []step{
		{0, of("failed", cause.DestinationMissing, cause.Evidence{"path": "/media/anna/Backups"})},
		{time.Minute, of("failed", cause.DestinationMissing, cause.Evidence{"path": "/media/anna/Backups"}).by(ben, "Ben's iPhone")},
	}},
	{"overdue", nil, []step{
		{0, of("note", cause.BackupOverdue, cause.Evidence{"age": "16 days"})},
		{24 * time.Hour, of("note", cause.BackupOverdue, cause.Evidence{"age": "17 days"})},
		{time.Hour, done},
		{time.Hour, of("note", cause.HostShutdown, nil)},
	}},
	{"damage", nil, []step{
		{0, of("service", cause.VersionDamaged, cause.Evidence{"version": "20261122T103140Z-0012", "files": 2})},
		{time.Minute, of("service", cause.VersionDamaged, cause.Evidence{"version": "20261121T103140Z-0011", "files": 2})},
		{time.Minute, shrank.in("r2")},
		{time.Minute, of("service", "", nil)},
	}},
	{"all off", func(s *Settings) { *s = Settings{} }, []step{
		{0, prompt}, {0, done}, {0, of("failed", cause.HostDiskFull, nil)}, {0, of("note", cause.BackupOverdue, nil)}, {0, of("service", cause.VersionDamaged, nil)}, {0, shrank},
	}},
	{"a hostile name", nil, []step{
		{0, prompt.by(anna, "\x1b]0;pwn\a\n$(reboot)`id`\u202e\"]]> -execute '; rm -rf ~ "+strings.Repeat("x", 4000))},
		{0, of("waiting", cause.DeviceLocked, nil).by(anna, "\x00\u200b\n")},
	}},
	{"a clock that jumps", nil, []step{
		{0, of("failed", cause.HostDiskFull, nil)},
		{-20 * 365 * 24 * time.Hour, of("failed", cause.HostDiskFull, nil)},
		{time.Minute, of("failed", cause.HostDiskFull, nil)},
		{40 * 365 * 24 * time.Hour, of("failed", cause.HostDiskFull, nil)},
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
			e := of(kind, row.ID, nil).by(anna, long)
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
