package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"homeport/simulator"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"homeport": main})
}

// TestScripts runs the command as a person would, in testdata/script. Besides
// testscript's own commands there are
//
//	phones FILE          start simulated phones; usbmuxd's address goes into the environment
//	phone COMMAND...     tell them something (homeport simulate's commands)
//	exits CODE PROG...   run a program and want that exit code
//	damage GLOB          flip a bit in the one file that fits
func TestScripts(t *testing.T) {
	t.Parallel()
	running := &simulators{all: map[*testscript.TestScript]*simulator.Simulator{}}
	testscript.Run(t, testscript.Params{
		Files:               scripts(t),
		WorkdirRoot:         t.TempDir(), // its own choice leaves an empty folder behind
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			// Nothing of the person who runs the tests may be read or written.
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("XDG_CONFIG_HOME", "")
			e.Setenv("XDG_STATE_HOME", "")
			e.Setenv("XDG_DATA_HOME", "")
			e.Setenv("USBMUXD_SOCKET_ADDRESS", "UNIX://"+filepath.Join(e.WorkDir, "no-mux"))
			// Whether idevicebackup2 is installed decides nothing; engine.txtar asks.
			e.Setenv("HOMEPORT_ENGINE", "native")
			return os.Mkdir(filepath.Join(e.WorkDir, "home"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"phones": running.start, "phone": running.command, "exits": cmdExits, "damage": cmdDamage,
		},
	})
}

// longScripts start the command many times, or derive keys: with a race detector in
// it they take minutes, and show it nothing that the other scripts do not.
var longScripts = []string{"destination", "explain", "extract", "import", "passwords", "prune", "repair", "restorepassword", "unlock"}

// scripts are the files to run; in short mode without the long ones.
func scripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if testing.Short() {
		files = slices.DeleteFunc(files, func(f string) bool {
			return slices.Contains(longScripts, strings.TrimSuffix(filepath.Base(f), ".txtar"))
		})
		t.Logf("left out in short mode: %s", strings.Join(longScripts, ", "))
	}
	return files
}

// simulators are the simulators of the scripts that run now.
type simulators struct {
	mu  sync.Mutex
	all map[*testscript.TestScript]*simulator.Simulator
}

func (s *simulators) store(ts *testscript.TestScript, sim *simulator.Simulator) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[ts] = sim
}

func (s *simulators) load(ts *testscript.TestScript) *simulator.Simulator {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[ts]
}

func (s *simulators) start(ts *testscript.TestScript, _ bool, args []string) {
	config, err := simulator.ParseSpec([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	sim, err := simulator.Start(config)
	ts.Check(err)
	ts.Defer(func() { _ = sim.Close() })
	s.store(ts, sim)
	ts.Setenv("USBMUXD_SOCKET_ADDRESS", sim.Addr())
}

func (s *simulators) command(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := s.load(ts).Command(strings.Join(args, " "))
	ts.Check(err)
	ts.Logf("%s", answer)
}

func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exited with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func cmdDamage(ts *testscript.TestScript, _ bool, args []string) {
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("nothing fits %s", args[0])
	}
	for _, name := range found {
		data, err := os.ReadFile(name)
		ts.Check(err)
		if len(data) == 0 {
			continue
		}
		data[len(data)/2] ^= 1
		ts.Check(os.WriteFile(name, data, 0o600))
		return
	}
	ts.Fatalf("all files of %s are empty", args[0])
}
