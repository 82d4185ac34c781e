package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/configs"
)

// leave makes a stage as a process that is killed leaves it: nobody kept it.
func (w *world) leave(t *testing.T) {
	t.Helper()
	st, err := store.Open(w.dest, store.Options{})
	must(t, err)
	defer st.Close()
	stage, err := st.Begin(t.Context(), udidAnna)
	must(t, err)
	path := filepath.Join(stage.Dir(), "stage.json")
	must(t, stage.Keep())
	data, err := os.ReadFile(path)
	must(t, err)
	killed := strings.Replace(string(data), `"kept": true`, `"kept": false`, 1)
	if killed == string(data) {
		t.Fatalf("stage.json: %s", data)
	}
	must(t, os.WriteFile(path, []byte(killed), 0o600))
}

// TestLeftRunIsToldOnce leaves a run in the middle, and starts an agent twice.
func TestLeftRunIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	for round := range 2 { // and a second one that is left is told too
		w.leave(t)
		for range 2 {
			w.agent().tellLeft(t.Context())
		}
		notes := w.diary.all(Note)
		if len(notes) != round+1 {
			t.Fatalf("noted %+v", notes)
		}
		e := notes[round]
		if e.Cause != cause.HostShutdown || !strings.Contains(e.Message, "goes on from there") || e.Phone.Name != w.phone.Spec().Name {
			t.Errorf("noted %+v: %s", e, e.Message)
		}
	}
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Error(o.Err)
	}
}

// TestLeftRunHasAName of a phone that was never backed up: as the settings call it.
func TestLeftRunHasAName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.leave(t)
	a := w.agent()
	cfg := a.opts.Config()
	cfg.Phones = append(cfg.Phones, configs.Phone{UDID: udidAnna, Name: "Anna"})
	a.opts.Config = func() configs.Config { return cfg }
	a.tellLeft(t.Context())
	if notes := w.diary.all(Note); len(notes) != 1 || notes[0].Phone.Name != "Anna" {
		t.Errorf("noted %+v", notes)
	}
}

// TestLeftRunIsToldByTheNext has no daemon: the next backup tells it.
func TestLeftRunIsToldByTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.phone.Attach()
	w.leave(t)
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	if notes := w.diary.all(Note); len(notes) != 1 || notes[0].Cause != cause.HostShutdown {
		t.Errorf("noted %+v", notes)
	}
}
