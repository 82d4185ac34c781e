package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"homeport/backup/photos"
	"homeport/cause"
)

// A wait for an unlock looks every 10 s for 10 min; a look that fails is no answer.
func TestUntilUnlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("it is locked")
		looks := 0
		start := time.Now()
		err := untilUnlocked(t.Context(), why, func(context.Context) (bool, error) {
			looks++
			if looks == 1 {
				return false, errors.New("busy")
			}
			return looks < 3, nil
		})
		if err != nil || looks != 3 || time.Since(start) != 3*unlockLook {
			t.Errorf("%v after %d looks, %v", err, looks, time.Since(start))
		}
		start = time.Now()
		err = untilUnlocked(t.Context(), why, func(context.Context) (bool, error) { return true, nil })
		e := cause.From(err)
		if e.ID != cause.DeviceLocked || e.ExitCode() != cause.ExitWaitedInVain || !errors.Is(err, why) || time.Since(start) != unlockPatience {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := cause.New(cause.DeviceDisconnected, nil, nil)
		time.AfterFunc(time.Minute, func() { cancel(gone) })
		if err := untilUnlocked(ctx, why, func(context.Context) (bool, error) { return true, nil }); !errors.Is(err, gone) {
			t.Errorf("unplugged: %v", err)
		}
	})
}

func TestCopyWords(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]struct {
		photos.Progress
		took time.Duration
	}{
		"copying 0 of 1 file":                                               {photos.Progress{OfFiles: 1}, 0},
		"  0 %   copying 0 of 3,000 files   0 bytes":                        {photos.Progress{OfFiles: 3000, OfBytes: 10}, time.Minute},
		" 50 %   copying 12 of 24 files   50 MB   5 MB/s   about 10 s left": {photos.Progress{Files: 12, OfFiles: 24, Bytes: 50e6, OfBytes: 100e6}, 10 * time.Second},
	} {
		if got := copyWords(p.Progress, p.took); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCopiedWords(t *testing.T) {
	t.Parallel()
	none, some := 0, 57
	for want, r := range map[string]photosResult{
		"312 new, 4,210 already here, 2.1 GB; 57 originals are only in iCloud (homeport explain photos-optimised)": {New: 312, Here: 4210, Bytes: 2.1e9, OnlyInICloud: &some},
		"0 new, 3 changed, 1 copied again, 0 already here, 5 bytes; no original is only in iCloud":                 {Changed: 3, Again: 1, Bytes: 5, OnlyInICloud: &none},
		"0 new, 0 already here, 0 bytes; how many originals are only in iCloud, the iPhone does not tell":          {},
	} {
		if got := copiedWords(&r) + cloudWords(&r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
