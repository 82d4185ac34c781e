package main

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"homeport/simulator"
)

// TestPasswordShowsNowhere runs the verbs, those that take a password before all,
// and looks for it where other users, logs and crashed programs would show it:
// command lines and environments of all processes while they run, the stock tool
// among them, what they print, and every file that they leave.
func TestPasswordShowsNowhere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("in short mode a race detector would look at finished programs only")
	}
	const canary = "k4n4ry-p4ssw0rd"
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: signalUDID, Seed: 3, Files: 40, Bytes: 1 << 20, Trust: simulator.Trust{Mode: simulator.TrustPaired},
		BackupPassword: canary, KeybagRounds: 1_000_000, // long enough to be looked at
	}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	place := t.TempDir()
	dest, secret := filepath.Join(place, "backups"), filepath.Join(t.TempDir(), "secret")
	if out, err := homeIn(command(t, sim.Addr(), "backup", "--dest", dest), place).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(secret, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	looks := 0
	for _, verb := range [][]string{
		{"versions", "verify", "--level", "unlock", "--password-fd", "0"},
		{"ls", "--password-fd", "0"},
		{"--json", "ls", "HomeDomain", "--password-command", "cat " + secret},
		{"extract", "--to", filepath.Join(place, "out"), "--password-command", "cat " + secret},
		{"versions", "list"},
		{"devices"},
		{"doctor"},
		{"backup"},
		{"run", "--once"},
		{"history", "--limit", "0"},
		{"logs", "--json", "--lines", "0"},
		{"photos", signalUDID, filepath.Join(place, "photos")},
		{"restore", signalUDID, "--yes", "--password-fd", "0"},
		{"encryption", "off", signalUDID, "--no-keychain", "--password-fd", "0"},
		{"encryption", "on", signalUDID, "--no-keychain", "--new-password-command", "cat " + secret},
		{"encryption", "change", signalUDID, "--no-keychain", "--password-fd", "0", "--new-password-command", "cat " + secret},
		{"encryption", "off", signalUDID, "--no-keychain", "--password-fd", "0", "--engine", "libimobiledevice"},
		{"encryption", "on", signalUDID, "--no-keychain", "--new-password-fd", "0", "--engine", "libimobiledevice"},
		{"restore", signalUDID, "--yes", "--password-fd", "0", "--engine", "libimobiledevice"},
	} {
		if _, err := exec.LookPath("idevicebackup2"); err != nil && slices.Contains(verb, "libimobiledevice") {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Logf("not tried: %v: %v", verb, err)
			continue
		}
		var out bytes.Buffer
		if !slices.Contains([]string{"devices", "photos", "encryption", "history", "logs"}, verb[0]) {
			verb = append(verb, "--dest", dest)
		}
		cmd := homeIn(command(t, sim.Addr(), verb...), place)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(canary+"\n"), &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		for running := true; running; {
			select {
			case err := <-done:
				if running = false; err != nil {
					t.Errorf("%v: %v\n%s", verb, err, out.String())
				}
			default:
				looks += lookAtProcesses(t, canary)
			}
		}
		if strings.Contains(out.String(), canary) {
			t.Errorf("%v prints it:\n%s", verb, out.String())
		}
	}
	if looks == 0 {
		t.Error("no process was looked at")
	}
	if err := filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("%s has it", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// homeIn puts everything that a command may write below one folder.
func homeIn(cmd *exec.Cmd, place string) *exec.Cmd {
	cmd.Dir = place
	cmd.Env = append(slices.Clip(cmd.Env), "HOME="+place, "TMPDIR="+place)
	return cmd
}

// lookAtProcesses reads the command line and environment of every process of ours,
// and answers how many it saw. The test itself has the canary in its memory only.
func lookAtProcesses(t *testing.T, canary string) int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		for _, what := range []string{"cmdline", "environ"} {
			data, err := readProc(filepath.Join("/proc", e.Name(), what))
			if err != nil {
				continue // it has ended, or is another user's
			}
			if seen++; bytes.Contains(data, []byte(canary)) {
				t.Errorf("process %s has it in its %s", e.Name(), what)
			}
		}
	}
	return seen
}

func readProc(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20))
}
