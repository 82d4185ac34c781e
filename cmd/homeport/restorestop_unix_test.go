//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// hashes are the SHA-256 of every file in a folder.
func hashes(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	all := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(p)
		all[p] = sha256.Sum256(data)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files in %s: %v", len(all), dir, err)
	}
	return all
}

// TestRestoreStopped stops a restore in the middle, politely and not: the version
// is what it was, it says what to do, and the next restore brings everything back.
func TestRestoreStopped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signal syscall.Signal
		pinned bool // by the process that died
	}{"interrupted": {syscall.SIGINT, false}, "killed": {syscall.SIGKILL, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
				UDID: signalUDID, Name: "Anna", Seed: 3, Files: 200, Bytes: 8 << 20, Profile: "small", Trust: simulator.Trust{Mode: simulator.TrustPaired},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			defer sim.Close()
			phone, dest := sim.Phone(signalUDID), filepath.Join(t.TempDir(), "backups")
			succeeds(t, command(t, sim.Addr(), "backup", "--dest", dest))
			versions := filepath.Join(dest, ".homeport", signalUDID, "versions")
			before := hashes(t, versions)
			phone.Wipe()
			held := phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 4 << 20})[0]
			var errs bytes.Buffer
			restore := command(t, sim.Addr(), "restore", signalUDID, "--yes", "--dest", dest)
			restore.Stderr = &errs
			if err := restore.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-held.Done():
			case <-t.Context().Done():
			}
			began := time.Now()
			if err := restore.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			_ = restore.Wait()
			if took := time.Since(began); took > signalLimit {
				t.Errorf("after %v", took)
			}
			if code := restore.ProcessState.ExitCode(); c.signal == syscall.SIGINT && (code != cause.ExitInterrupted || !strings.Contains(errs.String(), "start the same restore again")) {
				t.Errorf("exit %d, stderr %q", code, errs.String())
			}
			held.Cancel()
			if !maps.Equal(before, hashes(t, versions)) {
				t.Error("the version has changed")
			}
			if list := succeeds(t, command(t, sim.Addr(), "versions", "list", "--dest", dest)); strings.Contains(list, "pinned") != c.pinned {
				t.Errorf("after the end:\n%s", list)
			}
			succeeds(t, command(t, sim.Addr(), "restore", signalUDID, "--yes", "--dest", dest))
			if !phone.RestoredOK() {
				t.Errorf("%+v", phone.Agent().Stats().Restore)
			}
			if list := succeeds(t, command(t, sim.Addr(), "versions", "list", "--dest", dest)); strings.Contains(list, "pinned") {
				t.Errorf("after the next restore:\n%s", list)
			}
		})
	}
}

func succeeds(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, text)
	}
	return string(text)
}
