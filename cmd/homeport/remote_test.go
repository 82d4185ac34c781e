//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
)

// home is a place for a daemon and the verbs that ask it: state, settings, destination.
type home struct {
	t                 *testing.T
	sim               *simulator.Simulator
	state, file, dest string
}

func newHome(t *testing.T, specs ...simulator.PhoneSpec) *home {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{Phones: specs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	dir := t.TempDir()
	h := &home{t: t, sim: sim, state: filepath.Join(dir, "state"), file: filepath.Join(dir, "config.yaml"), dest: filepath.Join(dir, "backups")}
	h.settings("")
	if err := os.Mkdir(h.dest, 0o700); err != nil {
		t.Fatal(err)
	}
	return h
}

// settings writes the settings, with more lines.
func (h *home) settings(more string) {
	if err := os.WriteFile(h.file, []byte("engine: native\ndestination: "+h.dest+"\n"+more), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) verb(args ...string) *exec.Cmd {
	return command(h.t, h.sim.Addr(), append([]string{"--state", h.state, "--config", h.file}, args...)...)
}

// do runs a verb and wants its exit code.
func (h *home) do(code int, args ...string) string {
	h.t.Helper()
	cmd := h.verb(args...)
	out, err := cmd.CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended || cmd.ProcessState.ExitCode() != code {
		h.t.Errorf("homeport %s: exit %d, want %d\n%s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), code, out)
	}
	return string(out)
}

// daemon starts homeport run, until stop.
func (h *home) daemon() (out *lines, stop func()) {
	h.t.Helper()
	run := h.verb("run")
	out = started(h.t, run)
	return out, func() {
		_ = run.Process.Signal(os.Interrupt)
		for out.in.Scan() {
		}
		if err := run.Wait(); err != nil {
			h.t.Errorf("homeport run: %v\n%s", err, out.all.String())
		}
	}
}

func wantWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("without %q:\n%s", w, text)
		}
	}
}

func paired(udid, name string) simulator.PhoneSpec {
	return simulator.PhoneSpec{UDID: udid, Name: name, Seed: 3, Files: 60, Bytes: 1 << 20, Trust: simulator.Trust{Mode: simulator.TrustPaired}}
}

// TestVerbsWithADaemon asks the daemon for everything that it is there for.
func TestVerbsWithADaemon(t *testing.T) {
	t.Parallel()
	anna := paired(signalUDID, "Anna’s iPhone")
	anna.Passcode.Mode = simulator.PasscodeManual
	h := newHome(t, anna)
	phone := h.sim.Phone(signalUDID)
	wantWords(t, h.do(0, "status"), "Anna’s iPhone", "not backed up yet", "Homeport is not running", "homeport service install")
	for _, args := range [][]string{{"open"}, {"config", "reload"}} {
		wantWords(t, h.do(1, args...), "error: no Homeport is running", "hint: to have it run by itself")
	}
	out, stop := h.daemon()
	defer stop()
	out.await("enter the passcode")
	wantWords(t, h.do(0, "status", "--device", "Anna's iPhone"), "waiting: enter the passcode on the iPhone now")
	wantWords(t, h.do(7, "status", "--device", "Ben's iPhone"), "there was Anna’s iPhone")
	wantWords(t, h.do(0, "devices"), "trusted", "waiting for you")
	h.do(cause.ExitBusy, "backup", "--full")
	h.do(cause.ExitBusy, "backup", "--no-wait")
	wantWords(t, h.do(cause.ExitRefused, "backup", "--dest", h.dest+"/missing/too"), "error") // not the daemon's: made here

	joined := started(t, h.verb("backup", signalUDID))
	joined.await("it is being backed up already; this shows how that goes on; waiting: enter the passcode")
	phone.EnterPasscode()
	joined.await("backed up")
	for joined.in.Scan() {
	}
	out.await("backed up")

	wantWords(t, h.do(0, "status"), "backed up a moment ago; next from ", "free of")
	h.settings("new_phones: sometimes\n")
	wantWords(t, h.do(cause.ExitUsage, "config", "reload"), "error: the setting new_phones", "the settings stay as they were")
	h.settings("new_phones: ignore\n")
	wantWords(t, h.do(0, "config", "reload"), "the settings were read again")
	wantWords(t, h.do(0, "open", "--print"), "open this in a browser on this computer", "http://127.0.0.1:")

	own := started(t, h.verb("backup", "--full")) // switched off, just backed up: a person wants it
	own.await("enter the passcode")
	phone.EnterPasscode()
	own.await("backed up")
	var s struct {
		Running bool
		Phones  []status.Phone
	}
	if err := json.Unmarshal([]byte(h.do(0, "--json", "status")), &s); err != nil {
		t.Fatal(err)
	}
	if p := s.Phones[0]; !s.Running || p.State != status.Ignored || len(p.Versions) != 2 || !p.Versions[0].Full {
		t.Errorf("status %+v", s)
	}
}

// TestInterruptOfARemoteBackup stops a verb: the backup that it has begun ends, and one
// that it only looked at goes on.
func TestInterruptOfARemoteBackup(t *testing.T) {
	t.Parallel()
	anna := paired(signalUDID, "Anna")
	anna.Passcode.Mode = simulator.PasscodeManual
	h := newHome(t, anna)
	out, stop := h.daemon()
	defer stop()
	out.await("enter the passcode")
	interrupt := func(await, want string, args ...string) {
		t.Helper()
		cmd := h.verb(append([]string{"backup"}, args...)...)
		said := started(t, cmd)
		said.await(await)
		began := time.Now()
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		said.await(want)
		for said.in.Scan() {
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != cause.ExitInterrupted || time.Since(began) > signalLimit {
			t.Errorf("exit %d after %v", code, time.Since(began))
		}
	}
	interrupt("it is being backed up already", "its backup goes on without this window")
	h.sim.Phone(signalUDID).EnterPasscode()
	out.await("backed up")
	interrupt("enter the passcode", "it was stopped, as asked", "--full")
	out.await("it was stopped, as asked")
}

// TestFailureOfARemoteBackup has the daemon's failure told as if it were the verb's own.
func TestFailureOfARemoteBackup(t *testing.T) {
	t.Parallel()
	anna, ben := paired(signalUDID, "Anna"), paired(benUDID, "Ben")
	anna.Disk = simulator.Disk{Total: 4_000_000_000_000, Available: 20_000_000_000}
	ben.Locked = true
	h := newHome(t, anna, ben)
	out, stop := h.daemon()
	defer stop()
	for n := 0; n < 2; {
		if line := out.await(""); strings.Contains(line, "not backed up") || strings.Contains(line, "unlock the iPhone") {
			n++
		}
	}
	text := h.do(cause.ExitRefused, "backup", "Anna")
	wantWords(t, text, "not backed up", "the backup disk is too full", "TB", "hint: ", "homeport explain host-disk-full")
	var report struct {
		Findings []struct{ Status, Sentence string }
		Error    struct {
			Cause, Message string
			ExitCode       int
		}
	}
	var stdout bytes.Buffer
	cmd := h.verb("--json", "backup", "Anna")
	cmd.Stdout = &stdout
	_ = cmd.Run()
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	if report.Error.ExitCode != cause.ExitRefused || report.Error.Cause != string(cause.HostDiskFull) || !strings.Contains(report.Error.Message, "TB") || len(report.Findings) < 10 {
		t.Errorf("as JSON: %s", stdout.String())
	}
	wantWords(t, h.do(0, "status"), "not backed up: the backup disk is too full", "there is no backup of it in this folder yet", "waiting: unlock the iPhone")
}

// TestRefusedToFollow ends a backup that the daemon would not let this verb follow with
// what the daemon said, and with no hint where there is none.
func TestRefusedToFollow(t *testing.T) {
	t.Parallel()
	var told []agent.Event
	phone := agent.Phone{UDID: "00008120-000A1B2C3D4E5F60", Name: "Anna's iPhone"}
	b := &remoteBackup{app: &app{ctx: t.Context()}, tell: func(e agent.Event) { told = append(told, e) }, runs: []*remoteRun{
		{phone: status.Phone{UDID: phone.UDID}, outcome: agent.Outcome{Phone: phone, Findings: []preflight.Finding{}}}}}
	list := b.outcomes(t.Context(), &status.RemoteError{Status: 503, Told: status.Failure{Message: "too many follow", ExitCode: cause.ExitBusy}})
	if len(list) != 1 || exitCode(t.Context(), list[0].Err) != cause.ExitBusy {
		t.Errorf("it ended with %+v", list)
	}
	if len(told) != 1 || told[0].Error.Message != "too many follow" {
		t.Fatalf("told %+v", told)
	}
	if lines := failed(told[0]); len(lines) != 1 || !strings.HasSuffix(lines[0], "too many follow") {
		t.Errorf("in the terminal: %q", lines)
	}
}
