package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// wineLimit is how long one call may take.
const wineLimit = 2 * time.Minute

// wine is a Windows of its own, in a folder, with the Windows program in it.
type wine struct {
	t       *testing.T
	prefix  string
	program string // of Windows
	mux     string
}

// newWine makes one. HOMEPORT_TEST_WINE names the bcryptprimitives.dll that Go programs
// need and wine 8 lacks (make wine makes it).
func newWine(t *testing.T, mux string) *wine {
	t.Helper()
	library := os.Getenv("HOMEPORT_TEST_WINE")
	if library == "" {
		t.Skip("HOMEPORT_TEST_WINE names no bcryptprimitives.dll; make wine")
	}
	dir := t.TempDir()
	w := &wine{t: t, prefix: filepath.Join(dir, "prefix"), mux: mux}
	t.Cleanup(func() { // before the folder goes: its server ends what runs in it
		_ = w.command("wineserver", "-k").Run()
		_ = w.command("wineserver", "-w").Run()
	})
	if err := os.Mkdir(w.prefix, 0o700); err != nil {
		t.Fatal(err)
	}
	// A first start sets it up and ends; a second one stays, and starts what is installed.
	if err := errors.Join(w.command("wine", "wineboot", "--init").Run(), w.command("wineserver", "-w").Run(), w.command("wineserver", "-p").Run()); err != nil {
		t.Fatal(err)
	}
	t.Log("wine has started")
	data, err := os.ReadFile(library)
	if err == nil {
		err = os.WriteFile(filepath.Join(w.prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll"), data, 0o755)
	}
	folder := filepath.Join(w.prefix, "drive_c", "Program Files", "Home port")
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.program = `C:\Program Files\Home port\homeport.exe`
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(folder, "homeport.exe"), ".")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return w
}

// command is a program of wine. What it prints goes to a file: whatever it leaves
// running keeps a pipe open.
func (w *wine) command(name string, args ...string) *exec.Cmd {
	if _, err := exec.LookPath(name); err != nil {
		name = filepath.Join("/usr/lib/wine", name+"64") // where Debian has the server
	}
	ctx, cancel := context.WithTimeout(context.Background(), wineLimit)
	w.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "WINEPREFIX="+w.prefix, "WINEDEBUG=-all", "WINEARCH=win64", "USBMUXD_SOCKET_ADDRESS="+w.mux)
	return cmd
}

// run runs a program of Windows, and wants an exit code. It answers stdout.
func (w *wine) run(code int, args ...string) string {
	w.t.Helper()
	cmd := w.command("wine", args...)
	out, err := os.Create(filepath.Join(w.t.TempDir(), "stdout"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer out.Close()
	stderr, err := os.Create(out.Name() + "-errors")
	if err != nil {
		w.t.Fatal(err)
	}
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = out, stderr
	began := time.Now()
	err = cmd.Run()
	text, _ := os.ReadFile(out.Name())
	said, _ := os.ReadFile(stderr.Name())
	w.t.Logf("> %s   (%.1f s)\n%s", strings.Join(args, " "), time.Since(began).Seconds(), bytes.ReplaceAll(text, []byte("\r"), nil))
	got := 0
	if err != nil {
		got, _ = exitOf(err)
	}
	if got != code {
		w.t.Fatalf("%q: exit code %d, want %d (%v)\n%s", args, got, code, err, said)
	}
	return string(text)
}

// homeport runs the program.
func (w *wine) homeport(code int, args ...string) string {
	w.t.Helper()
	return w.run(code, append([]string{w.program}, args...)...)
}

// state is what service status says.
func (w *wine) state(code int, args ...string) serviceReport {
	w.t.Helper()
	var r serviceReport
	if err := json.Unmarshal([]byte(w.homeport(code, append([]string{"--json", "service", "status"}, args...)...)), &r); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// TestWindowsUnderWine is a person's first hour with the Windows program: settings, a
// phone, two backups, a check, the service of the account and that of the computer.
func TestWindowsUnderWine(t *testing.T) {
	sim, err := simulator.Start(simulator.Config{
		Listen: []string{"tcp://127.0.0.1:0"},
		Phones: []simulator.PhoneSpec{{UDID: signalUDID, Seed: 11, Files: 60, Bytes: 4 << 20, Profile: "small", Trust: simulator.Trust{Mode: simulator.TrustPaired},
			Disk: simulator.Disk{Total: 16e9, Available: 12e9}}}, // which fits wherever tests run
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	w := newWine(t, sim.Addr())
	w.homeport(0, "config", "check")
	w.homeport(0, "config", "init", "--yes", "--dest", `C:\Backups`) // wine's Z: is this side's whole disk
	w.homeport(0, "config", "check")
	if out := w.homeport(0, "config", "show"); !strings.Contains(out, `destination: C:\Backups #`) {
		t.Error("the place is another one")
	}
	if out := w.homeport(0, "devices"); !strings.Contains(out, signalUDID) {
		t.Error("the phone is not listed")
	}
	w.homeport(0, "doctor")
	w.homeport(0, "backup")
	w.homeport(0, "backup")
	if out := w.homeport(0, "--json", "versions", "list"); strings.Count(out, `"id"`) != 2 {
		t.Error("there are not two versions")
	}
	w.homeport(0, "versions", "verify", "--level", "full")
	w.homeport(0, "versions", "list")
	w.controlPipe()
	w.accountService()
	w.computerService()
}

// controlPipe runs the tests of the control API and the page there: whose the named pipe
// is, what it answers and what it refuses. Those of the page in a browser need one.
func (w *wine) controlPipe() {
	build := exec.Command("go", "test", "-c", "-o", filepath.Join(w.prefix, "drive_c", "status.test.exe"), "../../agent/status")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	w.run(0, `C:\status.test.exe`, "-test.v", "-test.skip", "^TestPage(Empty|Live|Failure|Key)$|OpenAPI")
}

// accountService is what log-on starts; wine's Task Scheduler forgets its tasks, so it
// is the Run key.
func (w *wine) accountService() {
	t := w.t
	w.homeport(cause.ExitNoSuch, "service", "status")
	if out := w.homeport(0, "service", "install"); !strings.Contains(out, "Run key") {
		t.Error("which way was taken is not said")
	}
	poll(t, "the service to run", func() bool {
		cmd := w.command("wine", w.program, "service", "status")
		return cmd.Run() == nil
	})
	first := w.state(0)
	w.homeport(cause.ExitBusy, "run")
	w.homeport(0, "config", "reload") // over the pipe: nobody else can have it done
	w.homeport(0, "service", "install")
	if again := w.state(0); again.PID != first.PID {
		t.Errorf("a second install started another: %+v, before it %+v", again, first)
	}
	w.homeport(0, "service", "stop")
	if r := w.state(notRunning); r.Running {
		t.Errorf("after the stop: %+v", r)
	}
	w.homeport(0, "service", "uninstall")
	w.homeport(cause.ExitNoSuch, "service", "status")

	// What one terminal told it, another one finds.
	w.homeport(0, "--state", `C:\Other State`, "service", "install")
	poll(t, "the service to run", func() bool {
		return w.command("wine", w.program, "service", "status").Run() == nil
	})
	if r := w.state(0); !strings.HasPrefix(r.Log, `C:\Other State\`) || r.PID == 0 {
		t.Errorf("with another state folder: %+v", r)
	}
	if out := w.homeport(0, "service", "install"); !strings.Contains(out, `note: it ran with --state "C:\Other State" until now`) {
		t.Error("that it lies elsewhere from now on is not said")
	}
	if r := w.state(0); strings.HasPrefix(r.Log, `C:\Other State\`) {
		t.Errorf("after another install: %+v", r)
	}
	w.homeport(0, "--state", `C:\Other State`, "service", "install")
	w.homeport(0, "service", "uninstall")
	w.homeport(cause.ExitNoSuch, "--state", `C:\Other State`, "service", "status")
	if _, there := runningDaemon(filepath.Join(w.prefix, "drive_c", "Other State")); there {
		t.Error("it still runs")
	}
}

// computerService is what the service manager starts, and its own programs stop and
// start.
func (w *wine) computerService() {
	t := w.t
	w.homeport(0, "service", "install", "--system")
	if r := w.state(0, "--system"); !r.Running || r.PID == 0 || r.StartedBy != asService {
		t.Errorf("after the install: %+v", r)
	}
	w.run(0, "net", "stop", "Homeport")
	w.state(notRunning, "--system")
	w.run(0, "net", "start", "Homeport")
	if out := w.run(0, "sc", "query", "Homeport"); !strings.Contains(out, "RUNNING") {
		t.Error("the manager says something else")
	}
	w.homeport(0, "service", "stop", "--system")
	w.homeport(0, "service", "start", "--system")
	w.homeport(0, "service", "uninstall", "--system")
	w.homeport(cause.ExitNoSuch, "service", "status", "--system")
}
