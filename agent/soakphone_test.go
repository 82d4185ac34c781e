package agent

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	"homeport/cause"
	"homeport/usbmux/plist"
)

// soakState is what the phone of the soak holds at one time, as the files of a
// backup: path below the phone's folder to bytes.
type soakState map[string][]byte

const soakDomain = "CameraRollDomain"

// soakStates makes the states that the phone goes through, over and over. Each
// differs from the others by some files.
func soakStates(t *testing.T, n int) []soakState {
	t.Helper()
	states := make([]soakState, n)
	for i := range states {
		files := map[string]string{}
		for k := range 8 {
			files[fmt.Sprintf("Media/%d.JPG", k)] = fmt.Sprintf("picture %d %d", k, max(0, i-k))
		}
		files[fmt.Sprintf("Media/only-%d.JPG", i)] = strings.Repeat("x", 10+i)
		states[i] = soakManifests(t, files)
		for p, data := range files {
			states[i][mobilesync.NewFileID(soakDomain, p).Body()] = []byte(data)
		}
	}
	return states
}

// soakManifests makes the four files beside the bodies.
func soakManifests(t *testing.T, files map[string]string) soakState {
	t.Helper()
	when := time.Unix(1_700_000_000, 0).UTC()
	state := soakState{}
	for name, v := range map[string]any{
		mobilesync.InfoFile:     map[string]any{"Target Identifier": udidAnna, "Unique Identifier": udidAnna, "Device Name": "Anna", "Product Version": "18.5", "Last Backup Date": when},
		mobilesync.StatusFile:   map[string]any{"Version": "3.3", "UUID": "A", "Date": when, "BackupState": "new", "SnapshotState": "finished", "IsFullBackup": false},
		mobilesync.ManifestFile: map[string]any{"Version": "10.0", "IsEncrypted": false, "BackupKeyBag": []byte("VERS"), "Lockdown": map[string]any{"UniqueDeviceID": udidAnna}},
	} {
		data, err := plist.MarshalBinary(v)
		must(t, err)
		state[name] = data
	}
	path := filepath.Join(t.TempDir(), "m.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(off)")
	must(t, err)
	_, err = db.Exec(`CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
		CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)`)
	must(t, err)
	for p, data := range files {
		blob, err := plist.MarshalBinary(map[string]any{
			"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": map[string]any{"root": plist.UID(1)},
			"$objects": []any{"$null", map[string]any{"Size": len(data), "Mode": 0o100644, "LastModified": 1700000000}},
		})
		must(t, err)
		_, err = db.Exec(`INSERT INTO Files VALUES (?, ?, ?, 1, ?)`, mobilesync.NewFileID(soakDomain, p).String(), soakDomain, p, blob)
		must(t, err)
	}
	must(t, db.Close())
	state[mobilesync.DatabaseFile], err = os.ReadFile(path)
	must(t, err)
	return state
}

// soakFate is what becomes of a run.
type soakFate int

const (
	fateGood  soakFate = iota
	fateFull           // the disk is full after some files
	fateIO             // the disk fails
	fateCrash          // the phone's backup agent ends
	fates
)

// errors of the fates.
var soakErrors = map[soakFate]cause.ID{fateFull: cause.HostDiskFullDuring, fateIO: cause.HostIOError, fateCrash: cause.DeviceBackupAgentCrashed}

// soakEngine writes the phone's state into a job, one file a second of the bubble's
// clock. When the run is ended, or is fated to fail, it leaves what it has.
func soakEngine(state func() (soakState, soakFate)) func(context.Context, backup.Job) (backup.Result, error) {
	return func(ctx context.Context, job backup.Job) (backup.Result, error) {
		now, fate := state()
		tr, err := tree.Open(job.Dir)
		if err != nil {
			return backup.Result{}, err
		}
		defer tr.Close()
		if err := dropOthers(tr, job, now); err != nil {
			return backup.Result{}, err
		}
		left := len(now) / 2
		for path, data := range now {
			if err := sleep(ctx, time.Second); err != nil {
				return backup.Result{}, err
			}
			if left--; left == 0 && fate != fateGood {
				return backup.Result{}, cause.New(soakErrors[fate], nil, errors.New("as fated"))
			}
			if err := writeSoakFile(tr, job, path, data); err != nil {
				return backup.Result{}, err
			}
		}
		return backup.Result{Proof: backup.ProofReceived, Engine: "native", Full: job.Full}, nil
	}
}

// dropOthers removes the bodies that the phone no longer has.
func dropOthers(tr *tree.Tree, job backup.Job, now soakState) error {
	found, err := filepath.Glob(filepath.Join(job.Dir, job.UDID, "??", "*"))
	if err != nil {
		return err
	}
	for _, path := range found {
		name := filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
		if _, ok := now[name]; ok {
			continue
		}
		rel, err := tree.Parse(job.UDID + "/" + name)
		if err == nil {
			err = tr.Remove(rel)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeSoakFile writes one file, unless what is there is as long and as new: as a
// phone does, which does not send what it believes to be there.
func writeSoakFile(tr *tree.Tree, job backup.Job, path string, data []byte) error {
	if have, err := os.ReadFile(filepath.Join(job.Dir, job.UDID, path)); err == nil && string(have) == string(data) {
		return nil
	}
	rel, err := tree.Parse(job.UDID + "/" + path)
	if err != nil {
		return err
	}
	if err := tr.MkdirAll(rel.Parent()); err != nil {
		return err
	}
	b, err := tr.Create(rel)
	if err != nil {
		return err
	}
	defer b.Abort()
	if _, err := b.Write(data); err != nil {
		return err
	}
	n, sum, err := b.Commit()
	if err == nil {
		job.Wrote(rel, n, sum)
	}
	return err
}
