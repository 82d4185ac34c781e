package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"homeport/configs/service"
)

// TestUnstable knows the places where a program does not stay, and no others.
func TestUnstable(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]bool{
		"/usr/local/bin/homeport": false, "/home/anna/.local/bin/homeport": false, "/home/anna/bin/homeport": false,
		"/opt/homebrew/bin/homeport": false, "/home/anna/src/homeport/bin/homeport": false, "/tmpfs/homeport": false, "/home/anna/Downloads2/homeport": false,
		"/tmp/homeport": true, "/var/tmp/x/homeport": true, "/home/anna/Downloads/homeport": true, "/home/anna/.cache/go-build/aa/homeport": true,
		"/scratch/go-build123/b001/exe/homeport": true, "/my temp/homeport": true, "/private/var/folders/x/AppTranslocation/y/homeport": true, "/run/user/1000/homeport": true,
	} {
		if why := unstable(program, "/my temp", "/home/anna"); (why != "") != want {
			t.Errorf("%s: %q", program, why)
		}
	}
}

// TestServiceEnv carries what says where things are, and names settings that would be
// lost, but not what they are set to.
func TestServiceEnv(t *testing.T) {
	t.Parallel()
	env, left := serviceEnv([]string{"PATH=/bin", "USBMUXD_SOCKET_ADDRESS=UNIX:///a=b", "XDG_STATE_HOME=", "HOMEPORT_ENGINE=native", "HOMEPORT_STATE=/s", "HOMEPORT_TEST_X=1", "HOMEPORT_WEBHOOK=https://secret", "junk"})
	if !slices.Equal(env, []service.Variable{{Name: "USBMUXD_SOCKET_ADDRESS", Value: "UNIX:///a=b"}}) || !slices.Equal(left, []string{"HOMEPORT_ENGINE", "HOMEPORT_WEBHOOK"}) {
		t.Errorf("%v, %v", env, left)
	}
}

// TestEmptyGrown empties the file of a supervisor only when it has grown, and goes on in it.
func TestEmptyGrown(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), errorsName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, want := range []int64{6, 12, 6} {
		emptyGrown(f, 10)
		_, _ = f.WriteString("error\n")
		if info, err := f.Stat(); err != nil || info.Size() != want {
			t.Errorf("%d bytes, not %d: %v", info.Size(), want, err)
		}
	}
	emptyGrown(io.Discard, 0)
}

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 10, 15, 0, 0, time.Local)
	for at, want := range map[time.Time]string{now.Add(-time.Hour): "09:15", now.Add(-24 * time.Hour): "2026-11-24 10:15"} {
		if got := moment(at.UTC(), now); got != want {
			t.Errorf("%v: %s", at, got)
		}
	}
}
