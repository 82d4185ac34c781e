package idevicebackup2

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/backup/backuptest"
	"homeport/backup/mobilebackup2"
	"homeport/simulator"
)

// makeEngine makes an engine that waits for nobody for long.
func makeEngine(t testing.TB, mux string) backup.Engine {
	installed(t)
	return New(Options{Path: os.Getenv(toolVariable), Mux: mux, Deadlines: Deadlines{
		FirstMessage: 20 * time.Second, Message: 20 * time.Second, Stall: 4 * time.Second, Exit: time.Second,
	}})
}

// TestContract plays the suite with the installed tool. HOMEPORT_PULLS sets how
// often the cable is pulled.
func TestContract(t *testing.T) {
	t.Parallel()
	installed(t)
	pulls, err := strconv.Atoi(cmp.Or(os.Getenv("HOMEPORT_PULLS"), "5"))
	if err != nil {
		t.Fatal(err)
	}
	// The tool sleeps more than it works.
	backuptest.Run(t, backuptest.Traits{Name: "libimobiledevice", Pulls: pulls, Width: 8, Gone: noProcess}, makeEngine)
}

// TestSameTree wants from the tool and from the native engine the same folders.
func TestSameTree(t *testing.T) {
	t.Parallel()
	installed(t)
	native := func(testing.TB, string) backup.Engine { return mobilebackup2.New(mobilebackup2.Options{}) }
	for name, password := range map[string]string{"plain": "", "encrypted": "a password"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && password == "" {
				t.Skip("the encrypted one has it all")
			}
			backuptest.Compare(t, simulator.PhoneSpec{Seed: 7, Files: 400, Bytes: 8 << 20, BackupPassword: password}, makeEngine, native)
		})
	}
}

// noProcess wants that no program runs any more that was given dir, or works in it.
func noProcess(t testing.TB, dir string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(lines) == 0 {
		t.Log("no /proc to look for the tool in")
		return
	}
	for _, path := range lines {
		line, err := os.ReadFile(path)
		at, _ := os.Readlink(filepath.Join(filepath.Dir(path), "cwd"))
		if err == nil && (bytes.Contains(line, []byte(dir)) || strings.HasPrefix(at, dir)) {
			t.Errorf("still running: %q in %s", strings.ReplaceAll(string(line), "\x00", " "), at)
		}
	}
}
