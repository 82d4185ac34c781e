package backuptest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// codes are the ErrorCodes with which a phone ends a backup, and what they mean.
var codes = []struct {
	code int
	id   cause.ID
}{
	{1, cause.DeviceInternalError}, {3, cause.DeviceSnapshotStuck}, {14, cause.DeviceBusy}, {22, cause.EncryptionRequiredByPolicy},
	{25, cause.ICloudRestoreRunning}, {100, cause.DeviceInternalError}, {102, cause.DeviceStorageFull}, {103, cause.DeviceInternalError},
	{104, cause.DeviceInternalError}, {106, cause.DeviceStorageFull}, {202, cause.DeviceCancelled}, {203, cause.HostSoftwareTooOld},
	{204, cause.PreviousBackupCorrupt}, {205, cause.PreviousBackupCorrupt}, {207, cause.BackupPasswordUnknown},
	{208, cause.PasscodePromptUnanswered}, {209, cause.PreviousBackupIncompleteFiles}, {211, cause.FindMyOn},
	{212, cause.SetupNotFinished}, {217, cause.DeviceCancelled}, {223, cause.DeviceBusy}, {999, cause.Unknown},
}

// errorCode has a phone end a backup with a code.
func errorCode(code int, id cause.ID) func(*testing.T, Traits, Maker) {
	return func(t *testing.T, traits Traits, maker Maker) {
		w := newWorld(t, traits, maker, simulator.PhoneSpec{
			Seed: 31, Files: 5, Bytes: 1000, Passcode: simulator.Passcode{Mode: simulator.PasscodeNone},
		})
		w.device.Play(simulator.BackupResponse{Stage: "uploading", Code: code})
		_, err := w.engine.Backup(t.Context(), w.job(t.TempDir()), nil)
		want(t, err, id)
		if err != nil && !strings.Contains(err.Error(), fmt.Sprint(code)) {
			t.Errorf("the code %d is not told: %v", code, err)
		}
	}
}

// errPulled is what the agent says of a Detached event.
var errPulled = cause.New(cause.DeviceDisconnected, nil, errors.New("detached"))

// cuts breaks the link at points all over a backup. Each time the run must end
// soon and say that the phone has gone; what has its name must be whole; and the
// next run must succeed.
func cuts(kind simulator.CutKind, points int, seed uint64) func(*testing.T, Traits, Maker) {
	return func(t *testing.T, traits Traits, maker Maker) {
		w := newWorld(t, traits, maker, simulator.PhoneSpec{
			Seed: 32, Files: 200, Bytes: 3 << 20, Passcode: simulator.Passcode{Mode: simulator.PasscodeNone},
		})
		w.backUp(w.job(t.TempDir()), nil)
		whole := w.device.Traffic(simulator.ChannelBackup).Total()
		rnd := rand.New(rand.NewPCG(seed, uint64(len(kind))))
		var dir string
		var slowest time.Duration
		for range points {
			dir = t.TempDir()
			slowest = max(slowest, w.cut(dir, kind, rnd.Int64N(whole*9/10)))
		}
		t.Logf("%d cuts, told %v after the cut at most", points, slowest.Round(time.Millisecond))
		w.backUp(w.job(dir), nil)
		w.expect(dir)
	}
}

// cut breaks one backup into dir, which is empty. It answers how long after the cut
// the engine had told it and was gone.
func (w *world) cut(dir string, kind simulator.CutKind, at int64) time.Duration {
	w.t.Helper()
	played := w.device.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: at, Kind: kind})[0]
	ctx, cancel := context.WithCancelCause(w.t.Context())
	var fell time.Time
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-played.Done():
			fell = time.Now()
			if kind == simulator.Detached {
				cancel(errPulled) // as the agent does
			}
		case <-ctx.Done():
		}
	}()
	_, err := w.engine.Backup(ctx, w.job(dir), nil)
	ended := time.Now()
	cancel(nil)
	<-done
	if err == nil {
		w.t.Fatalf("cut %s at %d: no error; fired: %v", kind, at, played.Fired())
	}
	if id, _ := cause.Of(err); id != cause.DeviceDisconnected {
		w.t.Errorf("cut %s at %d: %v", kind, at, err)
	}
	if d := ended.Sub(fell); fell.IsZero() || d > soon {
		w.t.Errorf("cut %s at %d: told after %v", kind, at, d)
	}
	w.gone(dir)
	w.wholeBodies(dir)
	if kind == simulator.Detached {
		w.device.Attach()
		w.plug()
	}
	return ended.Sub(fell)
}

// serviceRefused has lockdownd refuse the backup service.
func serviceRefused(t *testing.T, traits Traits, maker Maker) {
	w := newWorld(t, traits, maker, simulator.PhoneSpec{Seed: 33, Files: 5, Bytes: 1000})
	for _, c := range []struct {
		code string
		id   cause.ID
	}{{"ServiceLimit", cause.ServiceLimit}, {"ServiceProhibited", cause.BackupBlockedByRestriction}, {"EscrowLocked", cause.DeviceNotUnlockedSinceBoot}} {
		played := w.device.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.mobilebackup2", Code: c.code, Times: 9})[0]
		_, err := w.engine.Backup(t.Context(), w.job(t.TempDir()), nil)
		want(t, err, c.id)
		played.Cancel()
	}
}
