package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

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
