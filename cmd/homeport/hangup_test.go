//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// lines reads what a child prints, line by line, until one fits.
type lines struct {
	t   *testing.T
	in  *bufio.Scanner
	all strings.Builder
}

func (l *lines) await(want string) string {
	l.t.Helper()
	for l.in.Scan() {
		l.all.WriteString(l.in.Text() + "\n")
		if strings.Contains(l.in.Text(), want) {
			return l.in.Text()
		}
	}
	l.t.Fatalf("it ended without %q:\n%s", want, l.all.String())
	return ""
}

// started starts a child and reads its stdout. Its context ends it after a minute.
func started(t *testing.T, cmd *exec.Cmd) *lines {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return &lines{t: t, in: bufio.NewScanner(out)}
}

func onePhone(t *testing.T, trust simulator.Trust) *simulator.Simulator {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{{
		UDID: signalUDID, Seed: 5, Files: 60, Bytes: 2 << 20, Trust: trust,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return sim
}

// TestHangupReadsTheSettings changes the settings of homeport run: good ones hold
// for the phone that is there, bad ones change nothing, and both are told.
func TestHangupReadsTheSettings(t *testing.T) {
	t.Parallel()
	sim := onePhone(t, simulator.Trust{Mode: simulator.TrustPaired})
	dir := t.TempDir()
	file, first, second := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "first"), filepath.Join(dir, "second")
	settings := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, dest := range []string{first, second} {
		if err := os.Mkdir(dest, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	settings("engine: native\nnew_phones: ignore\ndestination: " + first)
	run := command(t, sim.Addr(), "--config", file, "run")
	out := started(t, run)
	out.await("switched off in the configuration")
	hangUp := func() {
		if err := run.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	settings("engine: native\nnew_phones: sometimes\n")
	hangUp()
	out.await("the settings stay as they were")
	out.await(`the setting new_phones in ` + file)
	settings("engine: native\ndestination: " + second)
	hangUp()
	out.await("the settings were read again; backups go to " + second)
	out.await("backed up")
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for out.in.Scan() { // to the end
	}
	if err := run.Wait(); err != nil {
		t.Error(err)
	}
	if made, _ := filepath.Glob(filepath.Join(second, ".homeport", "*", "versions", "*")); len(made) != 1 {
		t.Errorf("%d versions in the new destination", len(made))
	}
}

// TestSignalsEndAVerb holds that SIGHUP ends other verbs as SIGTERM does, and that
// what is told then fits a verb that makes no backup, with the code of the process.
func TestSignalsEndAVerb(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		signal syscall.Signal
		id     cause.ID
	}{{syscall.SIGHUP, cause.HostShutdown}, {syscall.SIGTERM, cause.HostShutdown}, {syscall.SIGINT, cause.UserCancelled}} {
		sim := onePhone(t, simulator.Trust{Mode: simulator.TrustAsk})
		var out bytes.Buffer
		pair := command(t, sim.Addr(), "--json", "pair")
		pair.Stdout = &out
		if err := pair.Start(); err != nil {
			t.Fatal(err)
		}
		look := time.NewTicker(20 * time.Millisecond)
		for end := time.Now().Add(signalLimit); !sim.Phone(signalUDID).DialogUp() && time.Now().Before(end); {
			<-look.C
		}
		look.Stop()
		if err := pair.Process.Signal(tt.signal); err != nil {
			t.Fatal(err)
		}
		_ = pair.Wait()
		got := out.String()
		if code := pair.ProcessState.ExitCode(); code != cause.ExitInterrupted || !strings.Contains(got, `"exitCode":130`) ||
			!strings.Contains(got, string(tt.id)) || strings.Contains(got, "the backup was") {
			t.Errorf("%v: exit %d: %s", tt.signal, code, got)
		}
	}
}

// TestReaderGoes makes a backup whose output nobody reads any more: it is made all
// the same, and ends with 0.
func TestReaderGoes(t *testing.T) {
	t.Parallel()
	sim := onePhone(t, simulator.Trust{Mode: simulator.TrustPaired})
	dest := filepath.Join(t.TempDir(), "backups")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	var errs bytes.Buffer
	backup := command(t, sim.Addr(), "backup", "--engine", "native", "--dest", dest)
	backup.Stdout, backup.Stderr = w, &errs
	err = backup.Start()
	_ = w.Close()
	if err == nil {
		err = backup.Wait()
	}
	if err != nil {
		t.Errorf("%v: %s", err, errs.String())
	}
	if strings.Contains(errs.String(), "lost") {
		t.Errorf("stderr: %s", errs.String())
	}
	if made, _ := filepath.Glob(filepath.Join(dest, ".homeport", "*", "versions", "*")); len(made) != 1 {
		t.Errorf("%d versions", len(made))
	}
}

// answering is a usbmuxd that gives the same bytes to whoever asks, and hangs up.
func answering(t *testing.T, answer string) (address string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "mux"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	return "UNIX://" + filepath.Join(dir, "mux")
}

// TestMuxThatIsNone asks programs that are no usbmuxd. No backup ran, so none is
// spoken of; nobody knows whether a phone is plugged in, so nobody says so.
func TestMuxThatIsNone(t *testing.T) {
	t.Parallel()
	dest := t.TempDir()
	for name, answer := range map[string]string{"closes at once": "", "speaks HTTP": "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"} {
		for _, args := range [][]string{{"devices"}, {"doctor", "--dest", dest}, {"--json", "doctor", "--dest", dest}} {
			cmd := command(t, answering(t, answer), args...)
			out, err := cmd.CombinedOutput()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || answer == "" && exit.ExitCode() != cause.ExitRefused {
				t.Errorf("%s, %v: %v\n%s", name, args, err, out)
			}
			for _, untrue := range []string{"during the backup", "goes on from there", "no iPhone is plugged in", "module=go-ios"} {
				if bytes.Contains(out, []byte(untrue)) {
					t.Errorf("%s, %v says %q:\n%s", name, args, untrue, out)
				}
			}
		}
	}
}

// TestRunSaysWhy has homeport run beside a program that is no usbmuxd: what is
// wrong, and what helps, is told.
func TestRunSaysWhy(t *testing.T) {
	t.Parallel()
	run := command(t, answering(t, strings.Repeat("nonsense", 100)), "run", "--dest", filepath.Join(t.TempDir(), "d"))
	out := started(t, run)
	out.await("usbmuxd")
	out.await("answers in place of this computer's iPhone service")
	out.await("homeport explain mux-untrusted-owner")
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for out.in.Scan() {
	}
	if err := run.Wait(); err != nil {
		t.Error(err)
	}
}
