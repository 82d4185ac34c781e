//go:build !windows

package idevicebackup2

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeport/cause"
)

// script writes a program of the tool's name that does what text says.
func script(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), program)
	// A program that is being written cannot be started, and another test may be
	// starting one: under a second name, renamed, it never is.
	fresh := path + ".new"
	if err := os.WriteFile(fresh, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		version    string
		want       cause.ID
	}{
		{"1.3", "echo idevicebackup2 1.3.0", "1.3.0", ""},
		{"1.4 from git", "echo idevicebackup2 1.4.0-12-gabcdef0", "1.4.0-12-gabcdef0", ""},
		{"2", "echo idevicebackup2 2.0", "2.0", ""},
		{"old", "echo idevicebackup2 1.2.1", "", cause.HostSoftwareTooOld},
		{"older", "echo 'Usage: idevicebackup2 [OPTIONS] CMD [CMDOPTIONS] DIRECTORY'; exit 255", "", cause.HostSoftwareTooOld},
		{"another program", "echo GNU coreutils", "", cause.EngineNotIdevicebackup2},
		{"says nothing", "exit 0", "", cause.EngineNotIdevicebackup2},
		{"says a lot", "while :; do echo idevicebackup; done | head -c 10000000", "", cause.EngineNotIdevicebackup2},
		{"a version and more", "echo 'idevicebackup2 1.3.0; rm -rf'", "", cause.EngineNotIdevicebackup2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := script(t, c.text)
			tool, err := Find(t.Context(), path)
			id, _ := cause.Of(err)
			if c.want != "" && id != c.want || c.want == "" && (err != nil || tool.Version != c.version || tool.Path != path || tool.ModTime.IsZero()) {
				t.Errorf("%+v, %v", tool, err)
			}
			if old := errors.Is(err, ErrTooOld); old != (c.want == cause.HostSoftwareTooOld) {
				t.Errorf("too old: %v", old)
			}
		})
	}
	for path, want := range map[string]cause.ID{
		filepath.Join(t.TempDir(), "missing"): cause.EngineMissing,
		t.TempDir():                           cause.EngineNotIdevicebackup2,
	} {
		_, err := Find(t.Context(), path)
		if id, _ := cause.Of(err); id != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestFindLeavesNothing asks a program that leaves a child behind.
func TestFindLeavesNothing(t *testing.T) {
	t.Parallel()
	path := script(t, `sh -c 'echo $$ > "$1"; exec sleep 3600' x "$0.child" >/dev/null 2>&1 & while ! test -s "$0.child"; do :; done; echo idevicebackup2 1.3.0`)
	if _, err := Find(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	pid := readPID(path + ".child")
	eventually(t, "the child is gone", func() bool { return !running(pid) })
}

// TestFindHangs asks a program that never answers, and has a child that keeps its
// output open.
func TestFindHangs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := Find(ctx, script(t, "sleep 3600 & sleep 3600"))
	if id, _ := cause.Of(err); id != cause.UserCancelled {
		t.Errorf("err = %v", err)
	}
}
