package agent

import (
	"testing"

	"homeport/cause"
	"homeport/preflight"
)

// TestLockedAndFull holds that a disk that is full is told at once, though the phone
// is locked too and nobody has come yet: both are told, the disk decides. For a
// verb that does not wait the first in preflight order decides.
func TestLockedAndFull(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		request Request
		want    cause.ID
	}{
		"waiting":     {Request{}, cause.HostDiskFull},
		"not waiting": {Request{NoWait: true}, cause.DeviceLocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := quick(udidAnna)
			spec.Locked = true
			w := newWorld(t, spec)
			w.phone.Attach()
			w.configure(t, map[string]string{"reserve": "900TiB"})
			out := w.backup(t, tt.request)
			if id, _ := cause.Of(out.Err); id != tt.want {
				t.Errorf("ended with %s, want %s", id, tt.want)
			}
			e := w.diary.await(t, Preflight)
			if failures := (preflight.Report{Findings: e.Findings}).With(preflight.Fail); len(failures) != 2 || e.Cause != tt.want {
				t.Errorf("told %+v, decided by %s", failures, e.Cause)
			}
			if n := w.waits(udidAnna, cause.DeviceLocked); n != 0 {
				t.Errorf("the person was waited for %d times", n)
			}
		})
	}
}
