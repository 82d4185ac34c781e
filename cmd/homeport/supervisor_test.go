package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/configs/service"
)

// exits is the error of a program that ended with a code.
func exits(t *testing.T, code int) error {
	t.Helper()
	err := exec.Command("sh", "-c", fmt.Sprint("exit ", code)).Run()
	if got, ok := exitOf(err); !ok || got != code {
		t.Fatalf("exit %d: %v", code, err)
	}
	return err
}

// fakeLaunchd answers as launchctl does.
type fakeLaunchd struct {
	t       *testing.T
	noLogin bool // nobody is logged in at the screen
	loaded  bool
	going   int // how often it is still there after bootout
	program string
	calls   []string
}

func (f *fakeLaunchd) run(_ context.Context, name string, args ...string) (string, string, error) {
	f.calls = append(f.calls, args[0])
	switch {
	case name != "launchctl":
		f.t.Errorf("%s was run", name)
	case args[0] == "print" && f.loaded:
		return "gui/501/homeport.agent = {\n\tstate = running\n\tpid = 42\n\truns = 2\n\tpath = x\n}\n", "", nil
	case args[0] == "print" && f.going > 0:
		f.going--
		return "gui/501/homeport.agent = {\n\tstate = running\n}\n", "", nil
	case args[0] == "print":
		return "", "Could not find service", exits(f.t, 113)
	case args[0] == "enable", args[0] == "kickstart" && f.loaded:
	case args[0] == "bootstrap" && f.noLogin:
		return "", "Bootstrap failed: 125: Domain does not support specified action", exits(f.t, 125)
	case args[0] == "bootstrap" && !f.loaded && f.going == 0:
		text, err := os.ReadFile(args[2])
		if err != nil || args[1] != "gui/501" {
			f.t.Errorf("bootstrap %q: %v", args, err)
		}
		f.loaded, f.program = true, string(text)
	case args[0] == "bootout" && f.loaded:
		f.loaded, f.going = false, 2
	case args[0] == "bootout":
		return "", "Boot-out failed: 3: No such process", exits(f.t, 3)
	default:
		f.t.Errorf("launchctl %q, loaded %v", args, f.loaded)
	}
	return "", "", nil
}

// TestLaunchdManager installs, installs again, upgrades, stops, starts and uninstalls.
func TestLaunchdManager(t *testing.T) {
	t.Parallel()
	f := &fakeLaunchd{t: t}
	m := launchdManager{run: f.run, file: filepath.Join(t.TempDir(), "LaunchAgents", "homeport.agent.plist"), domain: "gui/501", pause: time.Millisecond}
	spec := service.Spec{Program: "/usr/local/bin/homeport", Args: []string{"service", "run"}, Errors: filepath.Join(t.TempDir(), errorsName)}
	ctx := t.Context()
	if err := m.start(ctx); !errors.Is(err, errNotInstalled) {
		t.Errorf("start of nothing: %v", err)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) > 0 {
		t.Errorf("uninstall of nothing: %q, %v", did, err)
	}
	step := func(restart bool, want string) {
		t.Helper()
		did, err := m.install(ctx, spec, restart)
		if err != nil || !f.loaded || did[len(did)-1] != want {
			t.Fatalf("install: %q, %v, loaded %v", did, err, f.loaded)
		}
	}
	step(false, "started")
	step(false, "runs already")
	step(true, "started anew")
	spec.Program = "/opt/new/homeport"
	step(false, "started anew")
	if !strings.Contains(f.program, "/opt/new/homeport") {
		t.Errorf("it was loaded with\n%s", f.program)
	}
	if s, err := m.status(ctx); err != nil || !s.Installed || !s.Running || s.PID != 42 || s.Restarts != 1 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if err := m.stop(ctx); err != nil || f.loaded || f.going != 0 {
		t.Errorf("stop: %v", err)
	}
	if err := m.stop(ctx); err != nil {
		t.Errorf("stop again: %v", err)
	}
	if s, err := m.status(ctx); err != nil || !s.Installed || s.Running || len(s.Notes) != 1 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if err := errors.Join(m.start(ctx), m.start(ctx)); err != nil || !f.loaded {
		t.Errorf("start: %v", err)
	}
	if err := os.WriteFile(spec.Errors, []byte("error: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 2 || f.loaded {
		t.Errorf("uninstall: %q, %v", did, err)
	}
	if _, err := os.Lstat(spec.Errors); err == nil {
		t.Error("the file for errors stays")
	}
	f.loaded = true // and the property list was removed by hand
	if s, err := m.status(ctx); err != nil || !s.Installed || s.Automatic {
		t.Errorf("status: %+v, %v", s, err)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 1 || f.loaded {
		t.Errorf("uninstall of what is loaded: %q, %v", did, err)
	}
	f.noLogin = true
	if _, err := m.install(ctx, spec, false); !errors.As(err, &advised{}) {
		t.Errorf("install without a session: %v", err)
	}
}

// fakeWindows answers as schtasks and reg do.
type fakeWindows struct {
	t        *testing.T
	refuses  bool // the Task Scheduler takes no task
	task     string
	disabled bool
	running  bool
	ended    []string // the arguments of the one that was ended last
	key      string
}

func (f *fakeWindows) run(_ context.Context, name string, args ...string) (string, string, error) {
	no := func() (string, string, error) {
		return "", "ERROR: The system cannot find the file specified.", exits(f.t, 1)
	}
	switch call := name + " " + args[0]; {
	case call == "schtasks /Create" && f.refuses:
		return "", "ERROR: Access is denied.", exits(f.t, 1)
	case call == "schtasks /Create":
		text, err := os.ReadFile(args[4])
		if err != nil || !slices.Contains(args, "/F") {
			f.t.Errorf("%q: %v", args, err)
		}
		f.task, f.disabled = string(text), false
	case strings.HasPrefix(call, "schtasks") && f.task == "":
		return no()
	case call == "schtasks /Query" && args[3] == "/XML":
		if f.disabled {
			return "<Task><Settings><Enabled>false</Enabled></Settings><Actions><Exec><Command>x</Command></Exec></Actions></Task>", "", nil
		}
		return f.task, "", nil
	case call == "schtasks /Query":
		return `"PC","\Homeport","N/A","Ready","x","y","7","z"`, "", nil
	case call == "schtasks /Change":
		f.disabled = args[3] == "/DISABLE"
	case call == "schtasks /Run" && !f.disabled:
		f.running = true
	case call == "schtasks /Delete":
		f.task = ""
	case call == "reg add":
		f.key = args[7]
	case call == "reg query" && f.key != "":
		return "\r\nHKEY_CURRENT_USER\\x\r\n    Homeport    REG_SZ    " + f.key + "\r\n\r\n", "", nil
	case call == "reg delete" && f.key != "":
		f.key = ""
	case strings.HasPrefix(call, "reg "):
		return no()
	default:
		f.t.Errorf("%s %q", name, args)
	}
	return "", "", nil
}

func (f *fakeWindows) manager(spec service.Spec) taskManager {
	return taskManager{run: f.run, spec: spec,
		begin: func(string, []string) error { f.running = true; return nil },
		end:   func(_ context.Context, args []string) error { f.running, f.ended = false, args; return nil },
		split: strings.Fields}
}

// TestTaskManager lives with the Task Scheduler: a stop stays one, a start and an
// install undo it.
func TestTaskManager(t *testing.T) {
	t.Parallel()
	f := &fakeWindows{t: t, key: "left from earlier"}
	spec := service.Spec{Program: `C:\Program Files\homeport.exe`, Args: []string{"service", "run"}, User: `PC\anna`}
	m, ctx := f.manager(spec), t.Context()
	for range 2 {
		did, err := m.install(ctx, spec, true)
		if err != nil || !f.running || f.key != "" {
			t.Fatalf("install: %q, %v; %+v", did, err, f)
		}
	}
	other := f.manager(service.Spec{Program: spec.Program, Args: []string{"--state", `C:\other`, "service", "run"}})
	for _, next := range []taskManager{other, m} { // from a terminal that says something else, and back
		was, _ := m.told(ctx)
		s := next.spec
		s.User = spec.User
		if _, err := next.install(ctx, s, false); err != nil || !f.running || !slices.Equal(f.ended, was.Args) {
			t.Errorf("with %q: %v; %q was ended, and %q ran", s.Args, err, f.ended, was.Args)
		}
	}
	if s, err := m.status(ctx); err != nil || !s.Installed || !s.Automatic || s.Exit == nil || *s.Exit != 7 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if err := m.stop(ctx); err != nil || f.running || !f.disabled {
		t.Errorf("stop: %v, %+v", err, f)
	}
	if s, err := m.status(ctx); err != nil || s.Automatic || len(s.Notes) != 1 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if err := m.start(ctx); err != nil || !f.running || f.disabled {
		t.Errorf("start: %v, %+v", err, f)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 2 || f.task != "" || f.running {
		t.Errorf("uninstall: %q, %v", did, err)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 0 {
		t.Errorf("uninstall of nothing: %q, %v", did, err)
	}
	if err := m.start(ctx); !errors.Is(err, errNotInstalled) {
		t.Errorf("start of nothing: %v", err)
	}
}

// TestRunKey is what is left where the Task Scheduler refuses, and says so.
func TestRunKey(t *testing.T) {
	t.Parallel()
	f := &fakeWindows{t: t, refuses: true}
	spec := service.Spec{Program: `C:\Program Files\homeport.exe`, Args: []string{"service", "run"}, User: `PC\anna`}
	m, ctx := f.manager(spec), t.Context()
	did, err := m.install(ctx, spec, false)
	if err != nil || !strings.Contains(did[0], "Access is denied") || !strings.Contains(did[0], "Run key") || f.key != `"C:\Program Files\homeport.exe" service run` || !f.running {
		t.Fatalf("install: %q, %v; %+v", did, err, f)
	}
	if s, err := m.status(ctx); err != nil || !s.Installed || len(s.Notes) != 1 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if err := m.stop(ctx); err != nil || f.running {
		t.Errorf("stop: %v", err)
	}
	if err := m.start(ctx); err != nil || !f.running {
		t.Errorf("start: %v", err)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 2 || f.key != "" || f.running {
		t.Errorf("uninstall: %q, %v", did, err)
	}
	spec.Args = []string{"--state", strings.Repeat("x", 300), "run"}
	if _, err := m.install(ctx, spec, false); err == nil || f.key != "" {
		t.Errorf("a long command line: %v", err)
	}
}

// TestPutFile writes what is new, and leaves alone what is right.
func TestPutFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "new", "file")
	for _, c := range []struct {
		text, did string
		changed   bool
	}{{"a", "written: ", true}, {"a", "as it was: ", false}, {"b", "written anew: ", true}} {
		did, changed, err := putFile(name, []byte(c.text), 0o600)
		if err != nil || changed != c.changed || len(did) != 1 || did[0] != c.did+name {
			t.Errorf("%q: %q, %v, %v", c.text, did, changed, err)
		}
	}
	left, err := os.ReadDir(filepath.Dir(name))
	if data, failed := os.ReadFile(name); err != nil || failed != nil || string(data) != "b" || len(left) != 1 {
		t.Errorf("%q, %v, %v", data, left, errors.Join(err, failed))
	}
}
