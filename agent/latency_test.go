package agent

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/simulator"
)

// TestBench prints how long it takes from a phone being plugged in to the Backup request,
// with 100 versions in the destination. It is no test of speed; `make bench` runs it.
func TestBench(t *testing.T) {
	if os.Getenv("HOMEPORT_TEST_BENCH") == "" {
		t.Skip("set HOMEPORT_TEST_BENCH=1, or: make bench")
	}
	spec := quick(udidAnna)
	spec.Files, spec.Passcode.Mode = 2000, simulator.PasscodeNone
	w := newWorld(t, spec)
	w.configure(t, map[string]string{"keep.last": "1000"})
	w.phone.Attach()
	if o := w.backup(t, Request{}); o.Err != nil {
		t.Fatal(o.Err)
	}
	w.history(t, 99)
	w.phone.Detach()
	w.diary = newDiary()
	w.tell = w.diary.write
	var sums, clones []float64
	for range 5 {
		stop := w.start(t) // a new one each time: to the old one the contact would be loose
		w.diary.await(t, Service)
		plugged := time.Now()
		w.phone.Attach()
		w.diary.await(t, Finished)
		v := w.versions(t, udidAnna)[0]
		clone := time.Duration(v.Took.Clone * float64(time.Second))
		asked := w.asked(plugged)
		sums, clones = append(sums, float64((asked-clone).Milliseconds())), append(clones, float64(clone.Milliseconds()))
		w.phone.Detach()
		stop()
	}
	slices.Sort(sums)
	slices.Sort(clones)
	t.Logf("from Attached to the Backup request, %d versions, median of 5: %.0f ms, and %.0f ms for cloning %d files",
		len(w.versions(t, udidAnna)), quantile(sums, 0.5), quantile(clones, 0.5), spec.Files)
}

// asked is how long after a moment the newest run asked for its backup.
func (w *world) asked(since time.Time) time.Duration {
	for _, e := range w.diary.all(Progress) {
		if e.Time.After(since) && e.Progress.Phase == backup.PhaseWaiting {
			return e.Time.Sub(since)
		}
	}
	return 0
}

// history puts n older versions before the only one, of which there is no more than what
// a list reads.
func (w *world) history(t testing.TB, n int) {
	t.Helper()
	only := w.versions(t, w.phone.UDID())[0]
	data, err := os.ReadFile(filepath.Join(only.Path, "version.json"))
	must(t, err)
	stamp, _, _ := strings.Cut(string(only.ID), "-")
	for g := n + 1; g >= 1; g-- {
		id := fmt.Sprintf("%s-%04d", stamp, g)
		dir := filepath.Join(filepath.Dir(only.Path), id)
		if g == n+1 {
			must(t, os.Rename(only.Path, dir))
		} else {
			must(t, os.MkdirAll(filepath.Join(dir, only.UDID), 0o700))
		}
		must(t, os.WriteFile(filepath.Join(dir, "version.json"), bytes.ReplaceAll(data, []byte(only.ID), []byte(id)), 0o600))
	}
}
