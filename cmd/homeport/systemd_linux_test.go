package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeport/cause"
	"homeport/simulator"
)

// systemdLimit is how long anything in the booted system may take.
const systemdLimit = 60 * time.Second

// booted is a real systemd that was booted from a Debian tree, with an account "anna"
// who is not logged in and lingers. What is written there is gone when it ends.
type booted struct {
	t       *testing.T
	leader  string // its process 1, as this side sees it
	program string // homeport, in there
}

// bootSystemd boots the tree that HOMEPORT_TEST_SYSTEMD names (make systemd makes it),
// with binds from this side.
func bootSystemd(t *testing.T, binds ...string) *booted {
	t.Helper()
	tree := os.Getenv("HOMEPORT_TEST_SYSTEMD")
	if tree == "" {
		t.Skip("HOMEPORT_TEST_SYSTEMD names no Debian tree; make systemd")
	}
	args := []string{"--quiet", "--directory=" + tree, "--volatile=overlay", "--register=no", "--keep-unit", "--console=read-only", "--boot"}
	for _, b := range binds {
		args = append(args, "--bind="+b)
	}
	var console bytes.Buffer
	nspawn := exec.Command("systemd-nspawn", args...)
	nspawn.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	nspawn.Stdout, nspawn.Stderr = &console, &console
	if err := nspawn.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- nspawn.Wait() }()
	t.Cleanup(func() {
		_ = nspawn.Process.Signal(os.Interrupt)
		_ = nspawn.Process.Signal(os.Interrupt)
		select {
		case <-done:
		case <-time.After(systemdLimit):
			_ = nspawn.Process.Kill()
			<-done
		}
	})
	b := &booted{t: t, program: "/opt/home port/homeport"}
	poll(t, "systemd to boot", func() bool {
		children, _ := os.ReadFile("/proc/" + strconv.Itoa(nspawn.Process.Pid) + "/task/" + strconv.Itoa(nspawn.Process.Pid) + "/children")
		if b.leader, _, _ = strings.Cut(strings.TrimSpace(string(children)), " "); b.leader == "" {
			return false
		}
		state, _ := b.try("systemctl", "is-system-running")
		return strings.Contains(state, "running") || strings.Contains(state, "degraded")
	})
	b.must("useradd", "--create-home", "--shell", "/bin/bash", "anna")
	b.must("loginctl", "enable-linger", "anna")
	poll(t, "the account's systemd", func() bool {
		_, err := b.asAnna("systemctl", "--user", "is-active", "default.target")
		return err == nil
	})
	return b
}

// poll asks until the answer is yes.
func poll(t *testing.T, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(systemdLimit); !ask(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited %v for %s", systemdLimit, what)
		}
	}
}

// try runs a program in there as root.
func (b *booted) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), systemdLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nsenter", append([]string{"-t", b.leader, "-a", "--"}, args...)...)
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C.UTF-8"}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (b *booted) must(args ...string) string {
	b.t.Helper()
	out, err := b.try(args...)
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// asAnna runs a program as the account, without a session as su gives it.
func (b *booted) asAnna(args ...string) (string, error) {
	return b.try(append([]string{"runuser", "-u", "anna", "--", "env", "HOME=/home/anna", "XDG_RUNTIME_DIR=/run/user/1000"}, args...)...)
}

// anna runs homeport as the account, logs what a person would see, and wants an exit
// code.
func (b *booted) anna(code int, args ...string) string {
	b.t.Helper()
	out, err := b.try(append([]string{"runuser", "-u", "anna", "--", "env", "HOME=/home/anna", "USBMUXD_SOCKET_ADDRESS=UNIX:///srv/mux/socket", b.program}, args...)...)
	b.t.Logf("$ homeport %s\n%s", strings.Join(args, " "), out)
	b.wants(code, err, args)
	return out
}

// wants wants an exit code.
func (b *booted) wants(code int, err error, args []string) {
	b.t.Helper()
	got := 0
	if err != nil {
		got, _ = exitOf(err)
	}
	if got != code {
		b.t.Fatalf("homeport %s: exit code %d, want %d (%v)", strings.Join(args, " "), got, code, err)
	}
}

// root is anna for the administrator, as sudo would run it.
func (b *booted) root(code int, args ...string) string {
	b.t.Helper()
	out, err := b.try(append([]string{"env", "HOME=/root", "USBMUXD_SOCKET_ADDRESS=UNIX:///srv/mux/socket", b.program}, args...)...)
	b.t.Logf("# homeport %s\n%s", strings.Join(args, " "), out)
	b.wants(code, err, args)
	return out
}

func (b *booted) status(code int) serviceReport {
	b.t.Helper()
	var r serviceReport
	if err := json.Unmarshal([]byte(b.anna(code, "--json", "service", "status")), &r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// journal awaits a line of the service.
func (b *booted) journal(want string) {
	b.t.Helper()
	poll(b.t, "the journal to say "+want, func() bool {
		out, _ := b.asAnna("journalctl", "--user", "-u", "homeport", "--no-pager", "-o", "cat")
		return strings.Contains(out, want)
	})
}

// showJournal shows all that the service said.
func (b *booted) showJournal() {
	b.t.Helper()
	out, _ := b.asAnna("journalctl", "--user", "-u", "homeport", "--no-pager", "-o", "short-precise")
	b.t.Logf("the journal:\n%s", out)
}

// phoneForSystemd is a phone that is not plugged in yet, with what bootSystemd binds: its
// usbmuxd, and room for backups, since the tree's own disk is in memory, and small.
func phoneForSystemd(t *testing.T) (phone *simulator.Phone, binds []string) {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{
		Listen: []string{"unix://" + filepath.Join(socketFolder(t), "socket")},
		Phones: []simulator.PhoneSpec{{UDID: signalUDID, Seed: 9, Files: 200, Bytes: 8 << 20, Profile: "small", Trust: simulator.Trust{Mode: simulator.TrustPaired},
			Disk: simulator.Disk{Total: 16e9, Available: 12e9}}}, // which fits wherever tests run
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	phone = sim.Phone(signalUDID)
	phone.Detach()
	socket := strings.TrimPrefix(sim.Addr(), "UNIX://")
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	return phone, []string{filepath.Dir(socket) + ":/srv/mux", t.TempDir() + ":/srv/backups"}
}

// TestUnderSystemd lives with a real systemd: install, a phone, kill -9 in mid-run,
// what comes back, reload, stop, uninstall.
func TestUnderSystemd(t *testing.T) {
	phone, binds := phoneForSystemd(t)
	b := bootSystemd(t, append(binds, filepath.Dir(builtProgram(t))+":/opt/home port")...)
	b.must("chown", "anna", "/srv/backups")

	b.anna(cause.ExitNoSuch, "service", "status")
	b.anna(0, "config", "init", "--dest", "/srv/backups/homeport")
	b.anna(0, "service", "install")
	b.anna(0, "service", "install") // nothing to do
	first := b.status(0)
	if !first.Running || !first.Automatic || first.StartedBy != asService || first.PID == 0 || len(first.Notes) > 0 {
		t.Errorf("after the install: %+v", first)
	}
	b.anna(cause.ExitBusy, "run")

	held := phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 6 << 20})[0]
	phone.Attach()
	select {
	case <-held.Done():
	case <-time.After(systemdLimit):
		b.showJournal()
		t.Fatal("the phone was not backed up")
	}
	b.must("sh", "-c", "kill -9 "+strconv.Itoa(first.PID)) // no program: the tree is small
	held.Cancel()
	b.journal("backed up")
	second := b.status(0)
	if second.PID == first.PID || second.Restarts != 1 {
		t.Errorf("after kill -9: %+v", second)
	}
	b.anna(0, "versions", "list")
	b.anna(0, "service", "status")
	b.must("runuser", "-u", "anna", "--", "env", "XDG_RUNTIME_DIR=/run/user/1000", "systemctl", "--user", "reload", "homeport")
	b.journal("the settings were read again")

	// A configuration that is wrong is not tried again and again.
	b.must("runuser", "-u", "anna", "--", "sh", "-c", "echo 'nonsense: 1' >> /home/anna/.config/homeport/config.yaml")
	b.anna(cause.ExitUsage, "service", "install")
	b.must("runuser", "-u", "anna", "--", "env", "XDG_RUNTIME_DIR=/run/user/1000", "systemctl", "--user", "--no-block", "restart", "homeport")
	poll(t, "the service to give up", func() bool {
		out, _ := b.asAnna("systemctl", "--user", "is-failed", "homeport")
		return strings.HasPrefix(out, "failed")
	})
	if r := b.status(notRunning); r.LastExit == nil || *r.LastExit != cause.ExitUsage || r.Restarts > 0 {
		t.Errorf("with a wrong configuration: %+v", r)
	}
	b.anna(notRunning, "service", "status")
	b.must("sed", "-i", "/nonsense/d", "/home/anna/.config/homeport/config.yaml")
	b.anna(0, "service", "start")
	b.anna(0, "service", "stop")
	b.anna(notRunning, "service", "status")
	b.anna(0, "service", "uninstall")
	b.anna(0, "service", "uninstall")
	b.anna(cause.ExitNoSuch, "service", "status")
	b.showJournal()
}

// socketFolder is one with a path short enough for a socket.
func socketFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hp")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// builtProgram is homeport as it is given to people.
func builtProgram(t *testing.T) string {
	t.Helper()
	name := filepath.Join(socketFolder(t), "homeport")
	build := exec.Command("go", "build", "-trimpath", "-o", name, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}
