package history

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeport/cause"
)

// TestEnded counts what is over, and neither skips nor what goes on.
func TestEnded(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d, _ := open(t, folder)
	if list, err := d.Ended(t.Context(), noon); err != nil || list != nil {
		t.Errorf("no file: %v, %v", list, err)
	}
	first := good(anna, noon, "v1")
	must(t, d.End(t.Context(), 0, first))
	must(t, d.Skip(t.Context(), Run{UDID: anna, Started: noon.Add(time.Hour), Ended: noon.Add(time.Hour), Cause: cause.DeviceLocked}, "locked"))
	failed := Run{UDID: ben, Name: "Ben's", Started: noon.Add(2 * time.Hour), Ended: noon.Add(3 * time.Hour), Seconds: 3600, Outcome: Failed, Cause: cause.HostDiskFull, Received: 7}
	must(t, d.End(t.Context(), 0, failed))
	_, err := d.Begin(t.Context(), Run{UDID: anna, Started: noon.Add(4 * time.Hour), Version: "v2"})
	must(t, err)
	want := []Run{
		{UDID: anna, Name: first.Name, Started: first.Started, Ended: first.Ended, Seconds: 600, Outcome: BackedUp, Received: first.Received, Phases: first.Phases},
		failed,
	}
	list, err := d.Ended(t.Context(), noon.Add(24*time.Hour))
	must(t, err)
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	if list, err = d.Ended(t.Context(), noon.Add(3*time.Hour)); err != nil || len(list) != 1 {
		t.Errorf("what ended later: %+v, %v", list, err)
	}
	must(t, d.Close()) // the run that went on was broken off
	again := Open(filepath.Join(folder, "history.db"), Options{})
	if list, err = again.Ended(t.Context(), noon.Add(24*time.Hour)); err != nil || len(list) != 3 || list[2].Outcome != Interrupted {
		t.Errorf("after its program: %+v, %v", list, err)
	}
}
