package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"homeport/agent/history"
	"homeport/agent/notices"
	"homeport/cause"
	"homeport/usbmux"
)

// lookBackOn runs an agent on a world's destination for a moment, with the state folder
// given, and returns what it notes.
func lookBackOn(t *testing.T, w *world, state string) []Event {
	t.Helper()
	a := w.agent()
	a.opts.State = state
	told := newDiary()
	a.opts.Tell = told.write
	a.tellOverdue(t.Context(), a.openMemory())
	return told.all(Note)
}

// TestOverdue has a phone whose only backup gets older.
func TestOverdue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	state := t.TempDir()
	if list := lookBackOn(t, w, state); len(list) != 0 {
		t.Errorf("just backed up: %+v", list)
	}
	w.age(t, 20*24*time.Hour)
	list := lookBackOn(t, w, state)
	if len(list) != 1 || list[0].Cause != cause.BackupOverdue || list[0].Message != "this iPhone has not been backed up for 20 days" || list[0].Phone.Name != w.phone.Spec().Name || list[0].Phone.UDID != udidAnna {
		t.Fatalf("20 days later: %+v", list)
	}
	// Another start on the same day keeps it to itself; one without a memory cannot.
	if list := lookBackOn(t, w, state); len(list) != 0 {
		t.Errorf("told again: %+v", list)
	}
	m := notices.OpenMemory(filepath.Join(state, "told.json"))
	m.Note("overdue "+usbmux.CanonicalUDID(udidAnna), time.Now().Add(-25*time.Hour))
	if list := lookBackOn(t, w, state); len(list) != 1 {
		t.Errorf("the day after: %+v", list)
	}
	if list := lookBackOn(t, w, ""); len(list) != 1 {
		t.Errorf("without a state folder: %+v", list)
	}
	for _, flags := range []map[string]string{{"overdue": "0"}, {"overdue": "30d"}, {"new_phones": "ignore"}} {
		w.configure(t, flags)
		if list := w.agent().Overdue(t.Context()); len(list) != 0 {
			t.Errorf("with %v: %+v", flags, list)
		}
	}
}

// TestOverdueOfThePast has phones whose drive is away, that never had a backup, and that
// are there with a version that is newer than what is remembered.
func TestOverdueOfThePast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.agent()
	day, now := 24*time.Hour, time.Now()
	seen := func(udid, name string, first, good time.Duration) history.Phone {
		p := history.Phone{UDID: udid, Name: name, FirstSeen: now.Add(-first), LastSeen: now}
		if good > 0 {
			p.LastGood = now.Add(-good)
		}
		return p
	}
	a.opts.Past = pastOf{phones: []history.Phone{
		seen(udidAnna, "Anna's", 99*day, 20*day), seen(udidBen, "Ben's", 16*day, 0),
		seen("00008110-000000000000AAAA", "fresh", 99*day, 13*day), seen("00008110-000000000000BBBB", "new here", 13*day, 0),
	}}
	tell := func(want ...string) {
		t.Helper()
		told := newDiary()
		a.opts.Tell = told.write
		a.tellOverdue(t.Context(), notices.OpenMemory(""))
		var got []string
		for _, e := range told.all(Note) {
			got = append(got, e.Phone.Name+": "+e.Message)
		}
		if !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	anna, ben := "Anna's: this iPhone has not been backed up for 20 days", "Ben's: this iPhone was never backed up; it was first here 16 days ago"
	tell(anna, ben)
	must(t, os.Rename(w.dest, w.dest+".away"))
	tell(anna, ben)
	standing := map[string]string{}
	for _, p := range a.SnapshotOf(t.Context(), nil).Phones {
		standing[p.Name] = string(p.State) + ": " + p.Message
	}
	for name, want := range map[string]string{
		"Anna's": "overdue: last backed up 20 days ago; plug it in", "Ben's": "overdue: never backed up; it was first here 16 days ago; plug it in",
		"fresh": "away: backed up 13 days ago", "new here": "away: never backed up here; plug it in",
	} {
		if standing[name] != want {
			t.Errorf("%s is %q, want %q", name, standing[name], want)
		}
	}
	must(t, os.Rename(w.dest+".away", w.dest))
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	tell(ben)
	w.configure(t, map[string]string{"new_phones": "ignore"})
	tell()
}

// age makes the newest version of the world's phone so much older.
func (w *world) age(t testing.TB, by time.Duration) {
	t.Helper()
	v := w.versions(t, w.phone.UDID())[0]
	path := filepath.Join(v.Path, "version.json")
	data, err := os.ReadFile(path)
	must(t, err)
	var record map[string]any
	must(t, json.Unmarshal(data, &record))
	record["finished"] = v.Finished.Add(-by)
	delete(record, "sum") // of itself; one without is an older Homeport's
	data, err = json.Marshal(record)
	must(t, err)
	must(t, os.WriteFile(path, data, 0o600))
	w.guard.Forget(w.dest)
}
