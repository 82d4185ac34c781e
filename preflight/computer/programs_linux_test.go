package computer

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"homeport/preflight"
)

// TestPrograms starts a program under a well-known name and finds it.
func TestPrograms(t *testing.T) {
	t.Parallel()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	body, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "shotwell")
	if err := os.WriteFile(name, body, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, "60")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	// The name is the new program's only once it has been loaded.
	deadline := time.Now().Add(5 * time.Second)
	for {
		list, err := programs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(list, func(p preflight.Program) bool { return p.Name == "Shotwell" }) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not found among %v", list)
		}
		time.Sleep(10 * time.Millisecond)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := programs(ended); err == nil {
		t.Error("a search that was called off gives an answer")
	}
}
