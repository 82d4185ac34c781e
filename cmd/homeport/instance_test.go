package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/cause"
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
