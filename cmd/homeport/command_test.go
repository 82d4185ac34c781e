package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// command prepares homeport as a process of its own, with nothing of the person
// who runs the tests.
func command(t *testing.T, addr string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("homeport") // TestMain has put it there
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME=", "XDG_STATE_HOME=", "XDG_DATA_HOME=", "HOMEPORT_ENGINE=native", "USBMUXD_SOCKET_ADDRESS="+addr)
	return cmd
}
