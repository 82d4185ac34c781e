package backuptest

import (
	"os"
	"path/filepath"
	"testing"

	"homeport/backup/store"
	"homeport/simulator"
)

// earlierUntouched makes three versions in a store, where each begins as a clone
// of the one before, and wants the earlier ones whole to the last byte.
func earlierUntouched(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 51, Files: 120, Bytes: 3 << 20})
	st, err := store.Create(filepath.Join(t.TempDir(), "dest"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	var before map[string][32]byte
	for run := range 3 {
		v := w.version(st, run == 2)
		w.expect(v.Path, "SHA256SUMS", "version.json")
		if !v.Latest || len(v.Notes) > 0 {
			t.Errorf("run %d: %+v", run, v)
		}
		if run > 0 {
			w.stillWhole(st, before, run)
		}
		before = tree(t, v.Path)
		w.device.Modify(30)
		w.device.Add(3)
		w.device.Delete(5)
	}
}

// version makes a backup and publishes it.
func (w *world) version(st *store.Store, full bool) store.Version {
	w.t.Helper()
	stage, err := st.Begin(w.t.Context(), UDID)
	if err != nil {
		w.t.Fatal(err)
	}
	job := w.job(stage.Dir())
	job.Full, job.Wrote = full, stage.Wrote
	res := w.backUp(job, nil)
	v, err := stage.Publish(w.t.Context(), res)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// stillWhole checks the version before the newest one, whose files were before.
func (w *world) stillWhole(st *store.Store, before map[string][32]byte, run int) {
	w.t.Helper()
	list, err := st.Versions(w.t.Context(), UDID)
	if err != nil || len(list) != run+1 {
		w.t.Fatalf("%d versions, %v", len(list), err)
	}
	earlier := list[1]
	if list[0].Finished.Before(list[1].Finished) {
		w.t.Fatal("the newest version is not the first")
	}
	now := tree(w.t, earlier.Path)
	if len(now) != len(before) {
		w.t.Errorf("%d files in the earlier version, %d before", len(now), len(before))
	}
	for p, sum := range before {
		if now[p] != sum {
			w.t.Errorf("run %d changed %s of the earlier version", run, p)
		}
	}
	report, err := st.Verify(w.t.Context(), earlier, store.Full, nil)
	if err != nil || !report.OK {
		w.t.Errorf("the seal of the earlier version: %+v, %v", report, err)
	}
	if _, err := os.Stat(filepath.Join(earlier.Path, "SHA256SUMS")); err != nil {
		w.t.Error(err)
	}
}
