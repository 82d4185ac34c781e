package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/agent/history"
	"homeport/cause"
	"homeport/configs"
)

// TestOneDaemon takes a state folder twice: the second is told who has it, and a
// third comes in when the first has gone, in whatever way.
func TestOneDaemon(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	a := &app{ctx: t.Context(), stateDir: filepath.Join(t.TempDir(), "a", "state"), stderr: &said}
	if _, there := runningDaemon(a.stateDir); there {
		t.Fatal("a daemon before there is one")
	}
	first, err := a.becomeDaemon(asService)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.becomeDaemon(inTerminal)
	e := cause.From(err)
	if e == nil || e.ID != cause.AlreadyRunning || e.ExitCode() != cause.ExitBusy || e.Evidence["pid"] != os.Getpid() || !strings.Contains(e.Sentence(), "as a service since") {
		t.Fatalf("the second: %v", err)
	}
	if info, there := runningDaemon(a.stateDir); !there || info.PID != os.Getpid() || info.How != asService || time.Since(info.Since) > time.Hour {
		t.Errorf("seen from outside: %+v, %v", info, there)
	}
	first.close()
	if _, there := runningDaemon(a.stateDir); there {
		t.Error("it is there still")
	}
	third, err := a.becomeDaemon(inTerminal)
	if err != nil {
		t.Fatal(err)
	}
	third.close()
	if said.Len() > 0 {
		t.Errorf("stderr: %s", said.String())
	}
}

// TestACrashIsTold has a daemon that was killed: the next one notes it in the log, and the
// one after that does not.
func TestACrashIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg, err := configs.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Log.Dir = filepath.Join(dir, "logs")
	begin := func() (*app, *instance) {
		a := &app{ctx: t.Context(), stateDir: dir, stderr: os.Stderr}
		i, err := a.becomeDaemon(asService)
		if err != nil {
			t.Fatal(err)
		}
		a.logStart(cfg, i)
		return a, i
	}
	told := func() int {
		text, err := os.ReadFile(history.LogPath(cfg.Log.Dir))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "ended without a word")
	}
	killed, first := begin()
	defer killed.close()
	if n := told(); n != 0 {
		t.Errorf("at the first start: told %d times", n)
	}
	_ = first.lock.Close() // as the system does when the process is gone
	for range 2 {
		next, i := begin()
		if n := told(); n != 1 {
			t.Errorf("told %d times", n)
		}
		next.logStop(t.Context(), nil)
		i.close()
		next.close()
	}
}

// TestDaemonInfoIsNotBelieved puts nonsense where the daemon says who it is: the
// second is refused all the same, and nothing of the nonsense is told.
func TestDaemonInfoIsNotBelieved(t *testing.T) {
	t.Parallel()
	a := &app{ctx: t.Context(), stateDir: t.TempDir(), stderr: os.Stderr}
	first, err := a.becomeDaemon(inTerminal)
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	huge, _ := json.Marshal(daemonInfo{PID: 1, Since: time.Now(), How: strings.Repeat("x", maxInstanceInfo)})
	for _, text := range []string{"", "{", `{"pid":-4}`, `[]`, string(huge)} {
		if err := os.WriteFile(filepath.Join(a.stateDir, instanceInfo), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := a.becomeDaemon(inTerminal)
		if e := cause.From(err); e == nil || e.ID != cause.AlreadyRunning || e.Evidence["pid"] != nil || e.Sentence() != "Homeport runs already, in this account" {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// TestStateThatTakesNoLock runs without one, and says so.
func TestStateThatTakesNoLock(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	a := &app{ctx: t.Context(), stateDir: filepath.Join(file, "state"), stderr: &said}
	i, err := a.becomeDaemon(inTerminal)
	if err != nil {
		t.Fatal(err)
	}
	i.close()
	if !strings.HasPrefix(said.String(), "warning: ") {
		t.Errorf("stderr: %q", said.String())
	}
}

// TestTakeTurn has a service wait for a daemon in a terminal, and for no other.
func TestTakeTurn(t *testing.T) {
	t.Parallel()
	a := &app{ctx: t.Context(), stateDir: t.TempDir(), stderr: io.Discard}
	first, err := a.becomeDaemon(asService)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.takeTurn(t.Context(), daemonMode{service: true}, &systemd{}); cause.From(err).ID != cause.AlreadyRunning {
		t.Errorf("a second service: %v", err)
	}
	first.close()
	first, err = a.becomeDaemon(inTerminal)
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	if _, err := a.takeTurn(t.Context(), daemonMode{}, &systemd{}); cause.From(err).ID != cause.AlreadyRunning {
		t.Errorf("a second terminal: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	said := &tripped{on: "takes over", then: cancel}
	a.stderr = said
	if _, err := a.takeTurn(ctx, daemonMode{service: true}, &systemd{}); !errors.Is(err, context.Canceled) || !said.there {
		t.Errorf("a service beside a terminal: %v, said %v", err, said.there)
	}
}

// tripped does something when a text is written.
type tripped struct {
	on    string
	then  func()
	there bool
}

func (w *tripped) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.on) {
		w.there = true
		w.then()
	}
	return len(p), nil
}

// TestInstanceIsTakenAnew removes the state folder below a daemon: it takes its place again, unless
// another one has been quicker.
func TestInstanceIsTakenAnew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	a := &app{ctx: t.Context(), stderr: io.Discard, stateDir: dir}
	mine, err := a.becomeDaemon(inTerminal)
	if err != nil {
		t.Fatal(err)
	}
	defer mine.close()
	for range 2 { // the second time on what was made anew
		if again, err := mine.renew(t.Context(), dir); again || err != nil {
			t.Fatalf("with all there: %v, %v", again, err)
		}
		if info, running := runningDaemon(dir); !running || info.PID != os.Getpid() {
			t.Errorf("running %v: %+v", running, info)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if again, err := mine.renew(t.Context(), dir); !again || err != nil {
			t.Fatalf("with nothing there: %v, %v", again, err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	other, err := a.becomeDaemon(inTerminal)
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	_, err = mine.renew(t.Context(), dir)
	if id, _ := cause.Of(err); id != cause.AlreadyRunning {
		t.Errorf("beside another one: %s", id)
	}
}
