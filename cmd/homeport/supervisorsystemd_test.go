package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeport/configs/service"
)

// fakeSystemd answers as systemctl --user does.
type fakeSystemd struct {
	t       *testing.T
	folder  string // where it looks for units
	packed  string // the unit of a package, "" when there is none
	enabled bool
	active  bool
	away    bool // no systemd runs for the account
	calls   []string
}

func (f *fakeSystemd) run(_ context.Context, name string, args ...string) (string, string, error) {
	if name != "systemctl" || args[0] != "--user" && args[0] != "--version" {
		f.t.Errorf("%s %q was run", name, args)
	}
	if args[0] == "--version" {
		return "systemd 252 (252.39)\n", "", nil
	}
	f.calls = append(f.calls, args[1])
	if f.away {
		return "", "Failed to connect to bus: No medium found", exits(f.t, 1)
	}
	own := filepath.Join(f.folder, service.UnitName)
	_, missing := os.Stat(own)
	there := missing == nil || f.packed != ""
	switch args[1] {
	case "show":
		if slices.Contains(args, "--property=UnitPath") {
			return "/etc/systemd/user /run/user/7/systemd/user \"" + f.folder + "\" /usr/lib/systemd/user\n", "", nil
		}
		file := f.packed
		if missing == nil {
			file = own
		}
		text := fmt.Sprintf("LoadState=%s\nUnitFileState=%s\nActiveState=%s\nFragmentPath=%s\n", map[bool]string{true: "loaded", false: "not-found"}[there],
			map[bool]string{true: "enabled", false: "disabled"}[f.enabled], map[bool]string{true: "active", false: "inactive"}[f.active], file)
		if f.active {
			text += "MainPID=7\nStatusText=" + idleActivity + "\n"
		}
		return text, "", nil
	case "start", "restart":
		f.active = there
	case "stop":
		f.active = false
	case "enable", "disable":
		if !there {
			return "", "Unit file homeport.service does not exist.", exits(f.t, 1)
		}
		f.enabled = args[1] == "enable"
	}
	return "", "", nil
}

// TestSystemdManager writes the unit where the account's systemd looks for it, takes a
// package's unit for nothing until somebody uses it, and uninstalls what is left when a
// part is missing.
func TestSystemdManager(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	f := &fakeSystemd{t: t, folder: filepath.Join(home, "my etc", "systemd", "user"), packed: filepath.Join(home, "packed.service")}
	if err := os.WriteFile(f.packed, []byte("ExecStart=/usr/bin/homeport service run\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := systemdManager{run: f.run, file: filepath.Join(home, ".config", "systemd", "user", service.UnitName), user: "anna", linger: home}
	ctx := t.Context()
	status := func(want bool) {
		t.Helper()
		if s, err := m.status(ctx); err != nil || s.Installed != want {
			t.Errorf("%+v, %v", s, err)
		}
	}
	status(false)
	if _, there := m.told(ctx); there {
		t.Error("the package's unit is told of")
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 0 {
		t.Errorf("uninstall of nothing: %q, %v", did, err)
	}

	f.enabled, f.active = true, true // systemctl --user enable --now homeport
	status(true)
	if s, there := m.told(ctx); !there || s.Program != "/usr/bin/homeport" {
		t.Errorf("%+v, %v", s, there)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 2 || f.enabled || f.active {
		t.Errorf("%q, %v; %+v", did, err, f)
	}
	status(false)

	spec := service.Spec{Program: "/opt/homeport", Args: []string{"--state", "/s", "service", "run"}, Env: []service.Variable{{Name: "A", Value: "b"}}}
	if did, err := m.install(ctx, spec, false); err != nil || !strings.HasPrefix(did[0], "written: "+f.folder) || !f.active || !f.enabled {
		t.Fatalf("%q, %v; %+v", did, err, f)
	}
	status(true)
	if s, there := m.told(ctx); !there || s.Program != spec.Program || !slices.Equal(s.Args, spec.Args) || !slices.Equal(s.Env, spec.Env) {
		t.Errorf("%+v, %v", s, there)
	}
	for restart, want := range map[bool]string{false: "runs already", true: "started anew"} {
		if did, err := m.install(ctx, spec, restart); err != nil || did[len(did)-1] != want {
			t.Errorf("again, %v: %q, %v", restart, did, err)
		}
	}
	f.packed = ""
	if err := os.Remove(filepath.Join(f.folder, service.UnitName)); err != nil { // by hand, while it runs
		t.Fatal(err)
	}
	link := filepath.Join(f.folder, "default.target.wants", service.UnitName)
	for range 2 { // the second time nothing but the link is left
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.Symlink("../"+service.UnitName, link)); err != nil {
			t.Fatal(err)
		}
		did, err := m.uninstall(ctx)
		if _, left := os.Lstat(link); err != nil || len(did) == 0 || f.active || left == nil {
			t.Errorf("%q, %v; %+v", did, err, f)
		}
		f.enabled = false
	}
}

// TestSystemdAway is an account for which no systemd runs: nothing of it runs, and what is
// there can be taken away all the same.
func TestSystemdAway(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), ".config", "systemd", "user")
	f := &fakeSystemd{t: t, folder: folder}
	m := systemdManager{run: f.run, file: filepath.Join(folder, service.UnitName), user: "anna", linger: folder}
	ctx := t.Context()
	if _, err := m.install(ctx, service.Spec{Program: "/opt/homeport"}, false); err != nil {
		t.Fatal(err)
	}
	f.away = true
	if s, err := m.status(ctx); err != nil || !s.Installed || s.Running || len(s.Notes) != 2 || !strings.Contains(s.Notes[1], "enable-linger anna") {
		t.Errorf("%+v, %v", s, err)
	}
	_, err := m.install(ctx, service.Spec{Program: "/opt/new"}, false)
	if err == nil || !strings.Contains(err.Error(), "No medium found") || strings.Contains(err.Error(), "--property") {
		t.Errorf("%v", err)
	}
	if did, err := m.uninstall(ctx); err != nil || len(did) != 1 {
		t.Errorf("%q, %v", did, err)
	}
	if s, err := m.status(ctx); err != nil || s.Installed {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestLost names what another terminal had told the service.
func TestLost(t *testing.T) {
	t.Parallel()
	before := service.Spec{Args: []string{"--config", "/c", "--state", "/s", "service", "run"}, Env: []service.Variable{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}}
	now := service.Spec{Args: []string{"--state", "/s", "service", "run"}, Env: []service.Variable{{Name: "B", Value: "3"}}}
	if got := lost(before, now); len(got) != 2 || !strings.Contains(got[0], `homeport --config "/c" service install`) || !strings.Contains(got[1], "A=1") {
		t.Errorf("%q", got)
	}
	if got := append(lost(before, before), lost(service.Spec{}, now)...); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestReplaced knows a new file by its size and its time, however old that is.
func TestReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "homeport")
	write := func(text string, at time.Time) {
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o700), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	made, since := time.Unix(1_700_000_000, 0), time.Unix(1_795_000_000, 0)
	write("one", made)
	is, old := daemonInfo{Since: since, Program: programNow(path)}, daemonInfo{Since: since}
	for _, c := range []struct {
		text        string
		at          time.Time
		new, byTime bool
	}{{"one", made, false, false}, {"three", made, true, false}, {"two", made.Add(-time.Hour), true, false}, {"two", since.Add(time.Hour), true, true}} {
		write(c.text, c.at)
		if is.replaced(path) != c.new || old.replaced(path) != c.byTime {
			t.Errorf("%+v: %v, %v", c, is.replaced(path), old.replaced(path))
		}
	}
	if err := os.Remove(path); err != nil || is.replaced(path) || old.replaced(path) {
		t.Errorf("gone: %v", err)
	}
}

// TestAsRoot tells those who lack the rights for the whole computer what helps.
func TestAsRoot(t *testing.T) {
	t.Parallel()
	denied := fmt.Errorf("write: %w", fs.ErrPermission)
	if err := asRoot(true, denied); !errors.As(err, &advised{}) {
		t.Errorf("%v", err)
	}
	if err := asRoot(false, denied); errors.As(err, &advised{}) {
		t.Errorf("%v", err)
	}
}
