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

// ending is an ErrorCode with which a phone ends a backup, and what it means.
type ending struct {
	code int
	id   cause.ID

	// What is the case when it does.
	when   string
	full   bool // the phone has hardly any room
	sealed bool // it has a backup password
	built  bool // the run builds on an earlier backup
	anew   bool // which it was asked not to do
}

var codes = []ending{
	{code: 1, id: cause.DeviceInternalError}, {code: 3, id: cause.DeviceSnapshotStuck}, {code: 14, id: cause.DeviceBusy},
	{code: 22, id: cause.EncryptionRequiredByPolicy}, {code: 22, id: cause.BackupBlockedByRestriction, when: "encrypted", sealed: true},
	{code: 25, id: cause.ICloudRestoreRunning}, {code: 100, id: cause.DeviceInternalError},
	{code: 102, id: cause.DeviceStorageFull, when: "full", full: true}, {code: 102, id: cause.DeviceInternalError, when: "with room"},
	{code: 103, id: cause.DeviceInternalError}, {code: 104, id: cause.DeviceInternalError},
	{code: 106, id: cause.DeviceStorageFull, when: "full", full: true}, {code: 106, id: cause.DeviceInternalError, when: "with room"},
	{code: 202, id: cause.DeviceCancelled}, {code: 203, id: cause.HostSoftwareTooOld},
	{code: 204, id: cause.PreviousBackupCorrupt, built: true}, {code: 204, id: cause.DeviceInternalError, when: "at the first"},
	{code: 205, id: cause.PreviousBackupCorrupt, built: true}, {code: 205, id: cause.DeviceInternalError, when: "asked anew", built: true, anew: true},
	{code: 207, id: cause.BackupPasswordUnknown}, {code: 208, id: cause.PasscodePromptUnanswered},
	{code: 209, id: cause.PreviousBackupIncompleteFiles, built: true}, {code: 209, id: cause.DeviceInternalError, when: "at the first"},
	{code: 211, id: cause.DeviceInternalError}, {code: 212, id: cause.SetupNotFinished}, {code: 217, id: cause.DeviceCancelled},
	{code: 223, id: cause.DeviceBusy}, {code: 210, id: cause.Unknown}, {code: 999, id: cause.Unknown},
}

// name is that of the case.
func (e ending) name() string {
	return strings.TrimSuffix(fmt.Sprintf("error-code-%d-%s", e.code, strings.ReplaceAll(e.when, " ", "-")), "-")
}

// play has a phone end a backup so.
func (e ending) play(t *testing.T, traits Traits, maker Maker) {
	spec := simulator.PhoneSpec{Seed: 31, Files: 5, Bytes: 1000, Passcode: simulator.Passcode{Mode: simulator.PasscodeNone}}
	if e.full {
		spec.Disk = simulator.Disk{Total: 128_000_000_000, Available: 300_000_000}
	}
	if e.sealed {
		spec.BackupPassword = "a password"
	}
	w := newWorld(t, traits, maker, spec)
	job := w.job(t.TempDir())
	if e.built {
		w.backUp(job, nil)
	}
	job.Full = e.anew
	w.device.Play(simulator.BackupResponse{Stage: "uploading", Code: e.code})
	_, err := w.engine.Backup(t.Context(), job, nil)
	want(t, err, e.id)
	if err == nil {
		return
	}
	if n := strings.Count(strings.Split(err.Error(), ";")[0], fmt.Sprint(e.code)); n != 1 {
		t.Errorf("the code %d is told %d times: %v", e.code, n, err)
	}
	if got := fmt.Sprint(cause.From(err).Evidence["code"]); got != fmt.Sprint(e.code) {
		t.Errorf("evidence %v", cause.From(err).Evidence)
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
		w.unplugged()
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
