package mobilebackup2

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/tree"
	"homeport/cause"
	"homeport/simulator"
	"homeport/usbmux/plist"
)

// restoreJob is a restore of what is in dir, sealed as it is now.
func restoreJob(t testing.TB, dir string, p backup.Phone) backup.RestoreJob {
	t.Helper()
	sums := hashTree(t, dir)
	return backup.RestoreJob{
		UDID: testUDID, Source: testUDID, Dir: dir, Phone: p,
		Sum: func(rel tree.Rel) ([32]byte, bool) {
			sum, ok := sums[rel.String()]
			return sum, ok
		},
	}
}

// same checks that a restore has left its version as it was.
func same(t testing.TB, dir string, before map[string][32]byte) {
	t.Helper()
	if after := hashTree(t, dir); !maps.Equal(before, after) {
		t.Errorf("the version has changed: %d files, before %d", len(after), len(before))
	}
}

// TestRestore backs a phone up, wipes it, and puts the backup on again; the phone
// holds every byte against what it had.
func TestRestore(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]backup.Secret{"plain": "", "encrypted": "k4n4ry"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, simulator.PhoneSpec{Seed: 9, Files: 300, Bytes: 8 << 20, BackupPassword: string(password)})
			job := s.job(t)
			e := New(testOptions())
			if _, err := e.Backup(t.Context(), job, nil); err != nil {
				t.Fatal(err)
			}
			before := hashTree(t, job.Dir)
			files := s.device.Contents().View().Files()
			s.device.Wipe()
			restore := restoreJob(t, job.Dir, s.phone)
			if password != "" {
				for _, wrong := range []backup.Secret{"", "wrong"} {
					restore.Password = wrong
					_, err := e.Restore(t.Context(), restore, nil)
					if id, _ := cause.Of(err); id != cause.BackupPasswordUnknown {
						t.Errorf("wrong password: %v", err)
					}
				}
				restore.Password = password
			}
			var phases []backup.Phase
			var last backup.Progress
			r, err := e.Restore(t.Context(), restore, func(p backup.Progress) {
				if p.Percent < last.Percent || p.Bytes < last.Bytes {
					t.Errorf("progress goes back: %+v after %+v", p, last)
				}
				if last = p; len(phases) == 0 || phases[len(phases)-1] != p.Phase {
					phases = append(phases, p.Phase)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			stats := s.device.Agent().Stats()
			if !s.device.RestoredOK() || stats.Restore.Files != files || s.device.Contents().View().Files() != files {
				t.Errorf("the phone says %+v, had %d files", stats.Restore, files)
			}
			if r.Engine != "native" || r.Files < files || r.Bytes < stats.Restore.Bytes || len(r.Odd) > 0 {
				t.Errorf("%+v", r)
			}
			if !slices.Contains(phases, backup.PhaseSending) || phases[len(phases)-1] != backup.PhaseFinishing {
				t.Errorf("phases %v", phases)
			}
			same(t, job.Dir, before)
			if s.device.SyncLocked() {
				t.Error("the sync lock is still held")
			}
			apps, ok := s.device.MediaFile(restoreApps)
			if !ok || !strings.Contains(string(apps), "ApplicationSINF") || !strings.Contains(string(apps), "<plist") {
				t.Errorf("apps to install again: %t, %.80s", ok, apps)
			}
		})
	}
}

// TestRestoreOptions: every option is in the request, spelled out.
func TestRestoreOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options backup.RestoreOptions
		want    map[string]any
	}{
		{backup.RestoreOptions{}, map[string]any{"RestoreSystemFiles": false, "RestorePreserveSettings": true, "RemoveItemsNotRestored": false, "RestoreShouldReboot": true}},
		{backup.RestoreOptions{SystemFiles: true, Settings: true, RemoveOthers: true, NoReboot: true}, map[string]any{"RestoreSystemFiles": true, "RestorePreserveSettings": false, "RemoveItemsNotRestored": true, "RestoreShouldReboot": false}},
	} {
		c.want["RestoreDontCopyBackup"] = true
		req := restoreRequest(backup.RestoreJob{UDID: "new", Source: "old", Options: c.options})
		if !maps.Equal(req["Options"].(map[string]any), c.want) || req["TargetIdentifier"] != "new" || req["SourceIdentifier"] != "old" {
			t.Errorf("%+v: %v", c.options, req)
		}
	}
}

// TestRestoreAsTheTool restores one version with idevicebackup2 and with the engine:
// what both ask the phone for is the same, and what they tell it of apps.
func TestRestoreAsTheTool(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Seed: 4, Files: 60, Bytes: 2 << 20})
	job := s.job(t)
	if _, err := New(testOptions()).Backup(t.Context(), job, nil); err != nil {
		t.Fatal(err)
	}
	before := hashTree(t, job.Dir)
	s.runTool(t, "restore", job.Dir)
	apps, ok := s.device.MediaFile(restoreApps)
	if !ok || !s.device.RestoredOK() {
		t.Fatalf("the tool: apps %t, %+v", ok, s.device.Agent().Stats().Restore)
	}
	if err := s.device.SetMediaFile(restoreApps, []byte("stale and longer than what comes")); err != nil {
		t.Fatal(err)
	}
	if _, err := New(testOptions()).Restore(t.Context(), restoreJob(t, job.Dir, s.phone), nil); err != nil {
		t.Fatal(err)
	}
	requests := s.device.Agent().Stats().RestoreRequests
	theirs, _ := requests[0]["Options"].(map[string]any)
	ours, _ := requests[1]["Options"].(map[string]any)
	for key, value := range theirs {
		if ours[key] != value {
			t.Errorf("%s: we ask for %v, the tool for %v", key, ours[key], value)
		}
	}
	// What the tool leaves out we spell out, as it would be without.
	if len(theirs) < 3 || ours["RestoreShouldReboot"] != true || ours["RemoveItemsNotRestored"] != false {
		t.Errorf("the tool: %v, we: %v", theirs, ours)
	}
	for _, key := range []string{"MessageName", "TargetIdentifier", "SourceIdentifier"} {
		if requests[0][key] != requests[1][key] {
			t.Errorf("%s: %v, the tool %v", key, requests[1][key], requests[0][key])
		}
	}
	sent, _ := s.device.MediaFile(restoreApps)
	if a, b := decoded(t, apps), decoded(t, sent); len(a) == 0 || !reflect.DeepEqual(a, b) {
		t.Errorf("apps: %d of the tool's, %d of ours", len(a), len(b))
	}
	same(t, job.Dir, before)
}

func decoded(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := plist.Unmarshal(data, &v); err != nil {
		t.Error(err)
	}
	return v
}

// version is a folder with a few files, as a scripted phone asks for them.
func version(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		p := filepath.Join(dir, testUDID, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// scriptedRestore runs a restore of dir against a phone that plays script after
// the request; spoil changes the folder once it is sealed.
func scriptedRestore(t testing.TB, dir string, spoil func(), script func(d *device)) (backup.RestoreResult, error) {
	t.Helper()
	p := scriptedRaw(t, func(d *device) {
		d.handshake(400)
		m := d.expect("DLMessageProcessMessage")
		if req, _ := m[1].(map[string]any); req["MessageName"] != "Restore" {
			d.t.Errorf("request: %v", req)
		}
		script(d)
	})
	job := restoreJob(t, dir, p)
	job.Password = "k4n4ry"
	if spoil != nil {
		spoil()
	}
	return New(testOptions()).Restore(t.Context(), job, nil)
}

func TestRestoreCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]cause.ID{
		22: cause.BackupBlockedByRestriction, 25: cause.ICloudRestoreRunning, 102: cause.RestoreNoRoom, 105: cause.RestoreNoRoom,
		106: cause.RestoreNoRoom, 203: cause.BackupNewerThanPhone, 204: cause.BackupRefusedByPhone, 205: cause.BackupRefusedByPhone,
		207: cause.BackupPasswordUnknown, 208: cause.PasscodePromptUnanswered, 209: cause.BackupRefusedByPhone,
		211: cause.FindMyOn, 212: cause.SetupNotFinished, 202: cause.DeviceCancelled, 1: cause.DeviceInternalError, 4711: cause.Unknown,
	} {
		_, err := scriptedRestore(t, version(t, nil), nil, func(d *device) { d.end(code) })
		if id, _ := cause.Of(err); id != want {
			t.Errorf("%d: %v is %s, want %s", code, err, id, want)
		}
	}
}

// TestRestoreEnds: what a phone does at and after the end of a restore.
func TestRestoreEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script func(d *device)
		want   cause.ID
	}{
		"restarts at once": {func(d *device) {
			d.send("DLMessageProcessMessage", map[string]any{"MessageName": "Response", "ErrorCode": 0})
		}, ""},
		"restarts before it has said so": {func(*device) {}, cause.DeviceDisconnected},
		"disconnects":                    {func(d *device) { d.send("DLMessageDisconnect", "k4n4ry") }, cause.DeviceDisconnected},
		"talks on about other things": {func(d *device) {
			if a := d.ask("DLMessagek4n4ry", 1); a.code != codeFailed {
				d.t.Errorf("unknown message: %d", a.code)
			}
			if a := d.ask("DLMessagePing"); a.code != codeOK {
				d.t.Errorf("ping: %d", a.code)
			}
			d.end(0)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := scriptedRestore(t, version(t, nil), nil, c.script)
			if id, _ := cause.Of(err); c.want == "" && err != nil || c.want != "" && id != c.want {
				t.Errorf("err = %v", err)
			}
			if text := strings.Join(r.Odd, "\n"); strings.Contains(text, "k4n4ry") || err != nil && strings.Contains(err.Error(), "k4n4ry") {
				t.Errorf("the password is in %q, %v", text, err)
			}
		})
	}
}

// TestRestoreStops: a restore that is stopped from outside ends with what stopped
// it, soon, in the middle of a body too.
func TestRestoreStops(t *testing.T) {
	t.Parallel()
	dir := version(t, map[string]string{"aa/big": strings.Repeat("x", 32<<20)})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	asked := make(chan struct{})
	p := scriptedRaw(t, func(d *device) {
		d.handshake(400)
		d.expect("DLMessageProcessMessage")
		d.send("DLMessageDownloadFiles", []string{testUDID + "/aa/big"}, map[string]any{}, 1.0)
		if _, err := d.in.Peek(1000); err != nil {
			d.t.Error(err)
		}
		close(asked) // and reads no further
		<-ctx.Done()
	})
	go func() {
		<-asked
		cancel(errPulled)
	}()
	begun := time.Now()
	_, err := New(testOptions()).Restore(ctx, restoreJob(t, dir, p), nil)
	if !errors.Is(err, errPulled) || time.Since(begun) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
}

func TestRestoreWithoutASeal(t *testing.T) {
	t.Parallel()
	for _, job := range []backup.RestoreJob{
		{UDID: testUDID, Source: testUDID},
		{UDID: testUDID, Source: "../x", Sum: func(tree.Rel) ([32]byte, bool) { return [32]byte{}, true }},
		{UDID: testUDID, Source: "", Sum: func(tree.Rel) ([32]byte, bool) { return [32]byte{}, true }},
		{UDID: testUDID, Source: "a/b", Sum: func(tree.Rel) ([32]byte, bool) { return [32]byte{}, true }},
	} {
		job.Dir = t.TempDir()
		if _, err := New(testOptions()).Restore(t.Context(), job, nil); err == nil {
			t.Errorf("%+v was restored", job)
		}
	}
}
