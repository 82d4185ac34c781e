package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/simulator"
)

// TestFileSizeLimit has the system refuse files beyond a size, as FAT32 does beyond
// 4 GiB: it is told as that, nothing is left behind, and the earlier version stays.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Skip("prlimit is not installed")
	}
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: signalUDID, Seed: 4, Files: 300, Bytes: 4 << 20, Profile: "small", Trust: simulator.Trust{Mode: simulator.TrustPaired},
		Disk: simulator.Disk{Total: 1 << 30, Available: 1<<30 - 20<<20},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	k := &killed{sim: sim, phone: sim.Phone(signalUDID), dest: filepath.Join(t.TempDir(), "backups"), was: map[store.VersionID]string{}}
	k.backUp(t)
	k.change()
	run := command(t, sim.Addr(), k.args()...)
	run.Args, run.Path = append([]string{prlimit, "--fsize=65536", run.Path}, run.Args[1:]...), prlimit
	out, err := run.CombinedOutput()
	if code := run.ProcessState.ExitCode(); err == nil || code != cause.ExitRefused || !strings.Contains(string(out), `"`+string(cause.DestinationFileLimit)+`"`) {
		t.Errorf("exit %d: %s", code, out)
	}
	if left, err := os.ReadDir(filepath.Join(k.dest, ".homeport", signalUDID, "staging")); err != nil || len(left) > 0 {
		t.Errorf("staging holds %v, %v", left, err)
	}
	if n := len(k.list(t)); n != 1 {
		t.Errorf("%d versions", n)
	}
	k.backUp(t)
}
