//go:build unix

package main

import (
	"errors"
	"os"
	"os/user"
	"strings"
	"testing"
)

// TestCommandAs becomes another account, and takes nothing of this one's environment and
// session along; who is not root cannot.
func TestCommandAs(t *testing.T) {
	t.Parallel()
	other, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	cmd, err := commandAs(t.Context(), "nobody", "/bin/sh", "-c", "id -u; id -G; env; ps -o sid= -p $$ 2>/dev/null || cut -d' ' -f6 /proc/$$/stat; echo $$")
	if os.Geteuid() != 0 {
		if !errors.Is(err, errNotOurs) {
			t.Errorf("%v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.Output()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) < 4 || lines[0] != other.Uid || strings.Contains(string(out), "HOME="+os.Getenv("HOME")+"\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if n := len(lines); n > 2 && lines[n-1] != lines[n-2] {
		t.Errorf("it is in the session %s, and not in one of its own, %s", lines[n-2], lines[n-1])
	}
	if _, err := commandAs(t.Context(), "no such account", "/bin/sh"); err == nil {
		t.Error("an account that is not there")
	}
}
