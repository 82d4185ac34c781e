//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

const signalUDID = "00008120-000A1B2C3D4E5F60"

// signalLimit is how long a command may take to end after a signal: a run ends
// within 5 s, and this machine may be busy.
const signalLimit = 10 * time.Second

// TestSignalEndsARunCleanly stops homeport run in mid-backup: it ends soon with 0,
// says why there is no backup, and the next one goes on where this one stopped.
func TestSignalEndsARunCleanly(t *testing.T) {
	t.Parallel()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: signalUDID, Seed: 3, Files: 400, Bytes: 8 << 20, Profile: "small", Trust: simulator.Trust{Mode: simulator.TrustPaired},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	phone, dest := sim.Phone(signalUDID), filepath.Join(t.TempDir(), "backups")
	held := phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 6 << 20})[0]
	var out, errs bytes.Buffer
	run := command(t, sim.Addr(), "--json", "run", "--dest", dest)
	run.Stdout, run.Stderr = &out, &errs
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-held.Done():
	case <-t.Context().Done():
	}
	began := time.Now()
	if err := run.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil || time.Since(began) > signalLimit {
		t.Errorf("after %v: %v\n%s", time.Since(began), err, errs.String())
	}
	last := out.String()[strings.LastIndex(strings.TrimSpace(out.String()), "\n")+1:]
	if !strings.Contains(last, `"event":"failed"`) || !strings.Contains(last, string(cause.HostShutdown)) {
		t.Errorf("the last line is %s", last)
	}
	held.Cancel()
	again := command(t, sim.Addr(), "--json", "backup", "--dest", dest)
	if text, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if kept := phone.Agent().Stats().KeptBytes; kept < 4<<20 {
		t.Errorf("only %d bytes were not sent again", kept)
	}
}

// TestSecondSignalEndsAtOnce has a homeport that cannot end by itself, because
// nobody reads what it prints.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(w, bytes.NewReader(make([]byte, 4<<20))); err == nil {
		t.Fatalf("a pipe took %d bytes", n)
	}
	dest := filepath.Join(t.TempDir(), "backups")
	var errs bytes.Buffer
	run := command(t, "UNIX://"+filepath.Join(t.TempDir(), "no-mux"), "run", "--dest", dest)
	run.Stdout, run.Stderr = w, &errs
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- run.Wait() }()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	limit := time.After(signalLimit)
	for {
		select {
		case <-done:
			if code := run.ProcessState.ExitCode(); code != cause.ExitInterrupted || !strings.Contains(errs.String(), "stopped at once") {
				t.Errorf("exit %d, stderr %q", code, errs.String())
			}
			return
		case <-look.C:
			// The destination is made after the signals are watched.
			if _, err := os.Stat(filepath.Join(dest, ".homeport", "FORMAT")); err == nil {
				_ = run.Process.Signal(syscall.SIGTERM)
			}
		case <-limit:
			_ = run.Process.Kill()
			<-done
			t.Fatalf("still there; stderr %q", errs.String())
		}
	}
}

// TestSecondSignalLeavesNothing has a command of the settings under way that does not want to
// end: with the second signal it is gone, and so is what names the daemon.
func TestSecondSignalLeavesNothing(t *testing.T) {
	t.Parallel()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{UDID: signalUDID, Trust: simulator.Trust{Mode: simulator.TrustPaired}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	dir, state := t.TempDir(), t.TempDir()
	pid, conf := filepath.Join(dir, "pid"), filepath.Join(dir, "config.yaml")
	text := "destination: " + dir + "\nengine: native\nbefore: |\n  trap '' TERM; (trap '' TERM; exec sleep 600) & echo $! > " + pid + "; wait\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := command(t, sim.Addr(), "--config", conf, "--state", state, "run")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	until(t, "the command begins", func() bool {
		data, _ := os.ReadFile(pid)
		child, _ = strconv.Atoi(strings.TrimSpace(string(data)))
		return child > 0
	})
	done := make(chan error, 1)
	go func() { done <- run.Wait() }()
	until(t, "it ends", func() bool {
		select {
		case <-done:
			return true
		default:
			_ = run.Process.Signal(syscall.SIGTERM)
			return false
		}
	})
	if code := run.ProcessState.ExitCode(); code != cause.ExitInterrupted {
		t.Errorf("exit %d", code)
	}
	until(t, "the command's child is gone", func() bool { return gone(child) })
	for _, name := range []string{instanceInfo, "control.sock"} {
		if _, err := os.Lstat(filepath.Join(state, name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
}

// gone reports whether a process is no more, or only waits for somebody to ask how it ended.
func gone(pid int) bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if errors.Is(err, os.ErrNotExist) {
		return syscall.Kill(pid, 0) != nil
	}
	_, state, _ := strings.Cut(string(data), ") ")
	return strings.HasPrefix(state, "Z")
}
