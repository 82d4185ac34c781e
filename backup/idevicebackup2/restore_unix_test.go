//go:build !windows

package idevicebackup2

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"homeport/backup"
	"homeport/cause"
	"homeport/simulator"
)

func hashTree(t testing.TB, dir string) map[string][32]byte {
	t.Helper()
	sums := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		sums[p] = sha256.Sum256(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// TestRestore brings a backup back onto a wiped phone, plain and encrypted, and
// has it refused.
func TestRestore(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]string{"plain": "", "encrypted": canary} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && password == "" {
				t.Skip("the encrypted one has it all")
			}
			path, log := witnessed(t)
			s := newStack(t, simulator.PhoneSpec{Seed: 9, Files: 150, Bytes: 2 << 20, BackupPassword: password}, Options{Path: path})
			dir := t.TempDir()
			if _, err := s.engine.Backup(t.Context(), s.job(dir), nil); err != nil {
				t.Fatal(err)
			}
			before := hashTree(t, dir)
			files := s.device.Contents().View().Files()
			s.device.Wipe()
			job := backup.RestoreJob{UDID: testUDID, Source: testUDID, Dir: dir, Password: backup.Secret(password), Phone: s.phone}
			job.Options = backup.RestoreOptions{SystemFiles: true, Settings: true, RemoveOthers: true, NoReboot: true}
			var last backup.Progress
			waited := false
			res, err := s.engine.Restore(t.Context(), job, func(p backup.Progress) {
				waited = waited || p.Phase == backup.PhaseWaiting
				last = p
			})
			if err != nil {
				t.Fatal(err)
			}
			if !s.device.RestoredOK() || s.device.Contents().View().Files() != files || !waited || last.Phase != backup.PhaseFinishing {
				t.Errorf("restored %+v: %+v, %+v, waited %v", s.device.Agent().Stats().Restore, res, last, waited)
			}
			if res.Files < files || res.Bytes < 2<<20 || res.Engine != "libimobiledevice" {
				t.Errorf("result %+v", res)
			}
			if password != "" {
				job.Password = "wrong"
				_, err := s.engine.Restore(t.Context(), job, nil)
				want(t, err, cause.BackupPasswordUnknown)
			}
			s.device.SetValue("com.apple.fmip", "IsAssociated", true)
			_, err = s.engine.Restore(t.Context(), job, nil)
			want(t, err, cause.FindMyOn)
			s.device.SetValue("com.apple.fmip", "IsAssociated", false)
			for code, id := range map[int]cause.ID{203: cause.BackupNewerThanPhone, 205: cause.BackupRefusedByPhone, 106: cause.RestoreNoRoom} {
				s.device.Play(simulator.BackupResponse{Stage: "restore-manifests", Code: code})
				_, err := s.engine.Restore(t.Context(), job, nil)
				want(t, err, id)
			}
			if !maps.Equal(before, hashTree(t, dir)) {
				t.Error("the restores changed the version")
			}
			if seen, err := os.ReadFile(log); err != nil || bytes.Contains(seen, []byte("Canary")) {
				t.Errorf("seen by others: %v\n%s", err, seen)
			}
		})
	}
}

// TestRestoreCut pulls the cable while files go to the phone.
func TestRestoreCut(t *testing.T) {
	t.Parallel()
	s := newStack(t, simulator.PhoneSpec{Seed: 9, Files: 60, Bytes: 8 << 20}, Options{})
	dir := t.TempDir()
	if _, err := s.engine.Backup(t.Context(), s.job(dir), nil); err != nil {
		t.Fatal(err)
	}
	s.device.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 3 << 20, Kind: simulator.RST})
	job := backup.RestoreJob{UDID: testUDID, Source: testUDID, Dir: dir, Phone: s.phone}
	_, err := s.engine.Restore(t.Context(), job, nil)
	want(t, err, cause.DeviceDisconnected)
	noProcess(t, dir)
}
