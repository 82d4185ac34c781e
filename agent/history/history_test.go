package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeport/cause"
)

const (
	anna = "00008120-000A1B2C3D4E5F60"
	ben  = "00008110-00112233445566FF"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open is the history in a folder, and what was set aside.
func open(t testing.TB, folder string) (*DB, *[]SetAside) {
	t.Helper()
	var aside []SetAside
	d := Open(filepath.Join(folder, "history.db"), Options{SetAside: func(s SetAside) { aside = append(aside, s) }})
	t.Cleanup(func() { _ = d.Close() })
	return d, &aside
}

func good(udid string, at time.Time, version string) Run {
	return Run{
		UDID: udid, Name: "Anna's iPhone", Started: at, Ended: at.Add(10 * time.Minute), Seconds: 600, Outcome: BackedUp,
		Engine: "native", Version: version, Files: 1000, Bytes: 5e9, NewBytes: 2e8, Received: 3e8, Speed: 4e7,
		Phases:     []Phase{{"receiving", 500.5}, {"finishing", 99.5}},
		IOSVersion: "18.5", Connection: "USB",
		Findings: []Finding{{Check: "encryption", Status: "info", Cause: cause.EncryptionOff, Sentence: "encryption is off", Evidence: cause.Evidence{"a": "b"}}},
	}
}

func runsOf(t testing.TB, d *DB, f Filter) []Run {
	t.Helper()
	list, err := d.Runs(t.Context(), f)
	must(t, err)
	return list
}

// TestRunFromBeginToEnd follows one run, and reads it back as it was written.
func TestRunFromBeginToEnd(t *testing.T) {
	t.Parallel()
	d, _ := open(t, filepath.Join(t.TempDir(), "made", "with it"))
	if list := runsOf(t, d, Filter{}); list != nil {
		t.Errorf("before the first: %+v", list)
	}
	if _, err := os.Stat(d.Path()); !os.IsNotExist(err) {
		t.Errorf("reading made the file: %v", err)
	}
	want := good(anna, noon, "20261125T120000Z-0001")
	id, err := d.Begin(t.Context(), Run{UDID: anna, Name: want.Name, Started: noon, Version: want.Version})
	must(t, err)
	if list := runsOf(t, d, Filter{}); len(list) != 1 || list[0].Outcome != "" || list[0].ID != id {
		t.Errorf("under way: %+v", list)
	}
	must(t, d.End(t.Context(), id, want))
	want.ID = id
	if diff := cmp.Diff([]Run{want}, runsOf(t, d, Filter{})); diff != "" {
		t.Error(diff)
	}
	if at, ok, err := d.LastGood(t.Context(), strings.ToLower(strings.ReplaceAll(anna, "-", ""))); err != nil || !ok || !at.Equal(want.Ended) {
		t.Errorf("last good %v %v %v", at, ok, err)
	}
	if info, err := os.Stat(d.Path()); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestFilter asks for runs in every way.
func TestFilter(t *testing.T) {
	t.Parallel()
	d, _ := open(t, t.TempDir())
	must(t, d.End(t.Context(), 0, good(anna, noon, "v1")))
	must(t, d.End(t.Context(), 0, Run{UDID: ben, Started: noon.Add(time.Hour), Ended: noon.Add(2 * time.Hour), Outcome: Failed, Cause: cause.HostDiskFull}))
	must(t, d.End(t.Context(), 0, Run{UDID: anna, Started: noon.Add(3 * time.Hour), Outcome: Cancelled, Cause: cause.UserCancelled}))
	for name, c := range map[string]struct {
		filter Filter
		want   []int64
	}{
		"all":                   {Filter{}, []int64{3, 2, 1}},
		"phone, other spelling": {Filter{Phone: "00008120000a1b2c3d4e5f60"}, []int64{3, 1}},
		"cause":                 {Filter{Cause: cause.HostDiskFull}, []int64{2}},
		"cause of a finding":    {Filter{Cause: cause.EncryptionOff}, []int64{1}},
		"outcome":               {Filter{Outcome: Failed}, []int64{2}},
		"since, by its end":     {Filter{Since: noon.Add(90 * time.Minute)}, []int64{3, 2}},
		"until":                 {Filter{Until: noon.Add(time.Hour)}, []int64{1}},
		"limit":                 {Filter{Limit: 2}, []int64{3, 2}},
		"no limit":              {Filter{Limit: -1}, []int64{3, 2, 1}},
		"nothing fits":          {Filter{Phone: anna, Outcome: Failed}, nil},
		"quoted":                {Filter{Phone: "' OR 1=1 --", Cause: "'"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []int64
			for _, r := range runsOf(t, d, c.filter) {
				got = append(got, r.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSkipsAreCounted says the same reason again and again.
func TestSkipsAreCounted(t *testing.T) {
	t.Parallel()
	d, _ := open(t, t.TempDir())
	day := time.Date(2026, 11, 25, 9, 0, 0, 0, time.Local)
	skip := func(at time.Time, reason string) {
		must(t, d.Skip(t.Context(), Run{UDID: anna, Started: at, Message: reason + " at " + at.Format("15:04")}, reason))
	}
	for i := range 5 {
		skip(day.Add(time.Duration(i)*time.Hour), "not due")
		skip(day.Add(time.Duration(i)*time.Hour+time.Minute), "off")
	}
	skip(day.AddDate(0, 0, 1), "not due")
	must(t, d.End(t.Context(), 0, good(anna, day.AddDate(0, 0, 1).Add(time.Hour), "v1")))
	skip(day.AddDate(0, 0, 1).Add(2*time.Hour), "not due")
	var got []string
	for _, r := range runsOf(t, d, Filter{Outcome: Skipped}) {
		got = append(got, fmt.Sprintf("%s %d %s-%s", r.Message, r.Times, r.Started.Local().Format("2 15:04"), r.Ended.Local().Format("15:04")))
	}
	want := []string{"not due at 11:00 1 26 11:00-11:00", "not due at 09:00 1 26 09:00-09:00", "off at 13:01 5 25 09:01-13:01", "not due at 13:00 5 25 09:00-13:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPhones sees phones come back, with more or less known about them.
func TestPhones(t *testing.T) {
	t.Parallel()
	d, _ := open(t, t.TempDir())
	must(t, d.See(t.Context(), Phone{UDID: anna, Name: "Anna", Model: "iPhone 14 Pro", ProductType: "iPhone15,2", IOSVersion: "18.4", LastSeen: noon}))
	must(t, d.See(t.Context(), Phone{UDID: strings.ToLower(anna), IOSVersion: "18.5", LastSeen: noon.Add(time.Hour)}))
	must(t, d.See(t.Context(), Phone{UDID: ben, Name: "Ben", LastSeen: noon.Add(2 * time.Hour)}))
	must(t, d.End(t.Context(), 0, good(anna, noon, "v1")))
	must(t, d.End(t.Context(), 0, good(anna, noon.Add(time.Hour), "v2")))
	got, err := d.Phones(t.Context())
	must(t, err)
	want := []Phone{
		{UDID: ben, Name: "Ben", FirstSeen: noon.Add(2 * time.Hour), LastSeen: noon.Add(2 * time.Hour)},
		{UDID: strings.ToLower(anna), Name: "Anna", Model: "iPhone 14 Pro", ProductType: "iPhone15,2", IOSVersion: "18.5", FirstSeen: noon, LastSeen: noon.Add(time.Hour),
			LastGood: noon.Add(time.Hour + 10*time.Minute), LastVersion: "v2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestHostileTexts puts in what a phone could send.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	d, _ := open(t, t.TempDir())
	long := strings.Repeat("\U0001f4f1", 1<<20)
	must(t, d.End(t.Context(), 0, Run{
		UDID: strings.Repeat("A", 1<<20), Name: long, Message: "a\x00b\xff" + long, Outcome: Failed, Started: noon, Files: -5, Seconds: -1,
		Evidence: cause.Evidence{"long": long}, Phases: make([]Phase, 1000), Findings: make([]Finding, 1000),
	}))
	must(t, d.See(t.Context(), Phone{UDID: strings.Repeat("A", 1<<20), Name: long, LastSeen: noon}))
	r := runsOf(t, d, Filter{})[0]
	if len(r.UDID) != maxID || len(r.Name) != maxName || len(r.Message) > maxMessage+4 || !strings.HasPrefix(r.Message, "ab\ufffd") ||
		r.Evidence != nil || len(r.Phases) != maxPhases || len(r.Findings) != maxFindings || r.Files != 0 || r.Seconds != 0 {
		t.Errorf("%d %d %d %q %v", len(r.UDID), len(r.Name), len(r.Message), r.Message[:10], r.Evidence)
	}
	must(t, d.write(t.Context(), func(conn *sql.Conn) error {
		_, err := conn.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1100)
			INSERT INTO phones (phone, udid, first_seen, last_seen) SELECT i, '', 0, 0 FROM n`)
		return err
	}))
	must(t, d.See(t.Context(), Phone{UDID: ben, LastSeen: noon}))
	if list, err := d.Phones(t.Context()); err != nil || len(list) != mostPhones || list[0].UDID != ben && list[1].UDID != ben {
		t.Errorf("%d phones, %v", len(list), err)
	}
}

// TestPrune lets years go by.
func TestPrune(t *testing.T) {
	t.Parallel()
	d, _ := open(t, t.TempDir())
	must(t, d.End(t.Context(), 0, good(anna, noon.AddDate(-6, 0, 0), "old")))
	must(t, d.End(t.Context(), 0, good(anna, noon.AddDate(-2, 0, 0), "kept")))
	must(t, d.Skip(t.Context(), Run{UDID: anna, Started: noon.AddDate(-2, 0, 0)}, "old"))
	must(t, d.Skip(t.Context(), Run{UDID: anna, Started: noon}, "kept"))
	must(t, d.Prune(t.Context(), noon))
	if list := runsOf(t, d, Filter{}); len(list) != 2 || list[0].Outcome != Skipped || list[1].Version != "kept" {
		t.Errorf("%+v", list)
	}
	must(t, use(t.Context(), d.Path(), func(conn *sql.Conn) error {
		var n int
		if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM findings").Scan(&n); err != nil || n != 1 {
			t.Errorf("%d findings, %v", n, err)
		}
		return nil
	}))
}

// TestLeft has a process that goes without a word, and one that still runs.
func TestLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	here, _ := open(t, folder)
	other, _ := open(t, folder)
	began := time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
	_, err := other.Begin(t.Context(), Run{UDID: anna, Started: began, Version: "v1"})
	must(t, err)
	_, err = here.Begin(t.Context(), Run{UDID: ben, Started: began, Version: "v2"})
	must(t, err)
	if list, err := here.Left(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("both run: %+v, %v", list, err)
	}
	// The OS lets go of a dead process's lock, and leaves its file.
	must(t, other.owner.lock.Unlock())
	must(t, os.WriteFile(filepath.Join(ownersOf(here.Path()), other.owner.name), nil, 0o600))
	for range 2 {
		list, err := here.Left(t.Context())
		if err != nil || len(list) != 1 || list[0].Version != "v1" {
			t.Fatalf("%+v, %v", list, err)
		}
	}
	if list := runsOf(t, here, Filter{Outcome: Interrupted}); len(list) != 1 || list[0].Version != "v1" {
		t.Errorf("asked for: %+v", list)
	}
	must(t, here.Interrupt(t.Context(), Run{UDID: anna, Version: "v1", Started: began, Cause: cause.HostShutdown, Message: "power"}))
	if list, err := here.Left(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("told: %+v, %v", list, err)
	}
	if r := runsOf(t, here, Filter{Phone: anna})[0]; r.Outcome != Interrupted || r.Cause != cause.HostShutdown || r.Message != "power" {
		t.Errorf("%+v", r)
	}
	// One that the history never knew of is added, and one that has an end keeps it.
	must(t, here.Interrupt(t.Context(), Run{UDID: anna, Version: "v0", Started: began}))
	must(t, here.End(t.Context(), 0, good(anna, began, "v3")))
	must(t, here.Interrupt(t.Context(), Run{UDID: anna, Version: "v3"}))
	if list := runsOf(t, here, Filter{Phone: anna, Outcome: Interrupted}); len(list) != 2 {
		t.Errorf("%+v", list)
	}
	must(t, here.Close())
	if _, err := os.Stat(ownersOf(here.Path())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of who runs is left: %v", err)
	}
}

// TestEndOfALostRun loses the file in the middle of a run.
func TestEndOfALostRun(t *testing.T) {
	t.Parallel()
	d, aside := open(t, t.TempDir())
	id, err := d.Begin(t.Context(), Run{UDID: anna, Started: noon, Version: "v1"})
	must(t, err)
	must(t, os.Remove(d.Path()))
	must(t, d.End(t.Context(), id, good(anna, noon, "v1")))
	if list := runsOf(t, d, Filter{}); len(list) != 1 || list[0].Outcome != BackedUp {
		t.Errorf("%+v", list)
	}
	if len(*aside) != 0 {
		t.Errorf("set aside: %+v", *aside)
	}
}

func TestCancelledWrite(t *testing.T) {
	t.Parallel()
	d, _ := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.End(ctx, 0, good(anna, noon, "v1")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
