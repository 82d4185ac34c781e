package agent

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// bus starts a bus of the test's own, with a real dbus-daemon.
func bus(t *testing.T) (address string) {
	t.Helper()
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no dbus-daemon: apt-get install dbus-daemon")
	}
	cmd := exec.Command(path, "--session", "--nofork", "--print-address=1", "--address=unix:path="+filepath.Join(t.TempDir(), "bus"))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(line)
}

// fakeLogind answers as logind does: with the end of a pipe, which is the lock.
type fakeLogind struct {
	mu     sync.Mutex
	asked  []string
	refuse string
	lock   *os.File // its other end: reads EOF when the lock is released
	mine   *os.File
}

func (l *fakeLogind) Inhibit(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = []string{what, who, why, mode}
	if l.refuse != "" {
		return 0, dbus.NewError(l.refuse, []any{"no"})
	}
	return dbus.UnixFD(l.mine.Fd()), nil
}

// was is what it was asked for last; from now on it refuses with an error, if there is one.
func (l *fakeLogind) was(refuse string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse = refuse
	return l.asked
}

func (l *fakeLogind) join(t *testing.T, address string) {
	t.Helper()
	conn, err := dbus.Connect(address)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	l.lock, l.mine, err = os.Pipe()
	must(t, err)
	t.Cleanup(func() { _ = l.lock.Close(); _ = l.mine.Close() })
	must(t, conn.Export(l, logindPath, logindName+".Manager"))
	_, err = conn.RequestName(logindName, dbus.NameFlagDoNotQueue)
	must(t, err)
}

// TestLogind takes and gives back a lock over a real bus.
func TestLogind(t *testing.T) {
	t.Parallel()
	address := bus(t)
	w := logind{address}
	if _, err := w.Hold(t.Context(), "x"); !errors.Is(err, ErrNoWaker) {
		t.Errorf("a bus without logind: %v", err)
	}
	l := &fakeLogind{}
	l.join(t, address)
	release, err := w.Hold(t.Context(), "backing up Anna's iPhone")
	must(t, err)
	if got := strings.Join(l.was(""), "|"); got != "sleep:idle|Homeport|backing up Anna's iPhone|block" {
		t.Errorf("asked for %s", got)
	}
	must(t, l.mine.Close())
	must(t, l.lock.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	if _, err := l.lock.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the lock is not held: %v", err)
	}
	release()
	release()
	must(t, l.lock.SetReadDeadline(time.Now().Add(stepLimit)))
	if _, err := l.lock.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the lock is still held: %v", err)
	}
	for _, name := range []string{"org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"} {
		l.was(name)
		if _, err := w.Hold(t.Context(), "x"); err == nil || errors.Is(err, ErrNoWaker) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoLogind tries buses that are none: nothing hangs.
func TestNoLogind(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("unix", filepath.Join(t.TempDir(), "bus"))
	must(t, err)
	defer silent.Close()
	for address, none := range map[string]bool{"unix:path=/nowhere/bus": true, "": true, "tcp:nonsense": true, "unix:path=" + silent.Addr().String(): false} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err := logind{address}.Hold(ctx, "x")
		cancel()
		if err == nil || errors.Is(err, ErrNoWaker) != none {
			t.Errorf("%q: %v", address, err)
		}
	}
}
