package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"homeport/cause"
	"homeport/simulator"
)

// builtPackages are two packages for Debian, the second a later version that was made
// earlier, as far as its files say: the time of a package tells nothing.
func builtPackages(t *testing.T) (folder string) {
	t.Helper()
	folder = socketFolder(t)
	for version, epoch := range map[string]string{"1.0.0": "1795645148", "1.0.1": "1795000000"} {
		out := filepath.Join(folder, version)
		build := exec.Command("go", "run", "./cmd/dist", "-version", version, "-epoch", epoch, "-targets", "linux/"+runtime.GOARCH, "-out", out)
		build.Dir = filepath.Join("..", "..")
		if text, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := os.Rename(filepath.Join(out, "homeport_"+version+"_"+runtime.GOARCH+".deb"), filepath.Join(folder, version+".deb")); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// dpkg installs and removes packages, and wants its words.
func (b *booted) dpkg(want string, args ...string) string {
	b.t.Helper()
	out := b.must(append([]string{"env", "DEBIAN_FRONTEND=noninteractive", "dpkg"}, args...)...)
	b.t.Logf("# dpkg %s\n%s", strings.Join(args, " "), out)
	if !strings.Contains(out, want) {
		b.t.Errorf("dpkg %s does not say %q", strings.Join(args, " "), want)
	}
	return out
}

// runs is the process of the service, and wants it to be the program that is installed.
func (b *booted) runs() int {
	b.t.Helper()
	r := b.status(0)
	if exe := b.must("readlink", "/proc/"+strconv.Itoa(r.PID)+"/exe"); strings.TrimSpace(exe) != "/usr/bin/homeport" {
		b.t.Errorf("what runs is %s", exe)
	}
	return r.PID
}

// attach plugs the phone in and waits until a fault of its has happened.
func (b *booted) attach(phone *simulator.Phone, held *simulator.Played) {
	b.t.Helper()
	phone.Attach()
	poll(b.t, "the backup to be under way", func() bool {
		select {
		case <-held.Done():
			return true
		default:
			return false
		}
	})
}

// TestPackageUnderSystemd installs the package for Debian in a clean root, uses it,
// upgrades it while its service runs, with and without a backup under way, removes it,
// and looks at what is left.
func TestPackageUnderSystemd(t *testing.T) {
	phone, binds := phoneForSystemd(t)
	b := bootSystemd(t, append(binds, builtPackages(t)+":/srv/debs")...)
	b.program = "/usr/bin/homeport"
	b.must("chown", "anna", "/srv/backups")
	b.dpkg("Setting up homeport (1.0.0)", "-i", "/srv/debs/1.0.0.deb")
	if out := b.must("dpkg", "--verify", "homeport"); out != "" {
		t.Errorf("dpkg --verify: %s", out)
	}
	b.shells()
	b.anna(cause.ExitNoSuch, "service", "status")
	b.anna(0, "config", "init", "--dest", "/srv/backups/homeport")
	b.must("sed", "-i", "s/^min_interval:.*/min_interval: 1s/", "/home/anna/.config/homeport/config.yaml")
	b.anna(0, "service", "install")
	first := b.runs()
	phone.Attach()
	b.journal("backed up")
	phone.Detach()
	b.journal("unplugged")

	b.dpkg("started anew", "-i", "/srv/debs/1.0.1.deb")
	second := b.runs()
	if second == first {
		t.Error("the upgrade left the old one running")
	}
	phone.Modify(20)
	held := phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100 << 10})[0]
	b.attach(phone, held)
	poll(t, "systemd to hear of it", func() bool { return b.status(0).Activity != idleActivity })
	b.dpkg("has work under way", "-i", "/srv/debs/1.0.0.deb")
	if r := b.status(0); r.PID != second || len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "replaced") {
		t.Errorf("with a backup under way: %+v", r)
	}
	held.Cancel()
	poll(t, "the backup to end", func() bool {
		out, _ := b.asAnna(b.program, "--json", "versions", "list")
		return strings.Count(out, `"id"`) == 2
	})
	poll(t, "systemd to hear of it", func() bool { return b.status(0).Activity == idleActivity })
	b.anna(0, "service", "install")
	if third := b.runs(); third == second {
		t.Error("the install left the old one running")
	}

	b.withoutProgram()

	out := b.dpkg("stays: backups: /srv/backups/homeport", "-r", "homeport")
	if !strings.Contains(out, "removed: /home/anna/.config/systemd/user/homeport.service") {
		t.Error("the account's unit stays")
	}
	b.dpkg("", "-P", "homeport")
	b.nothingLeft()
}

// withoutProgram takes the program away under a service: that is not tried again and again,
// and said.
func (b *booted) withoutProgram() {
	b.t.Helper()
	b.must("mv", "/usr/bin/homeport", "/usr/local/bin/homeport")
	if out, err := b.asAnna("systemctl", "--user", "restart", "homeport"); err == nil {
		b.t.Errorf("a service without a program was started: %s", out)
	}
	poll(b.t, "the service to give up", func() bool {
		out, _ := b.asAnna("systemctl", "--user", "is-failed", "homeport")
		return strings.HasPrefix(out, "failed")
	})
	b.program = "/usr/local/bin/homeport"
	if r := b.status(notRunning); r.Restarts > 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "/usr/bin/homeport") {
		b.t.Errorf("without its program: %+v", r)
	}
	b.must("mv", "/usr/local/bin/homeport", "/usr/bin/homeport")
	b.program = "/usr/bin/homeport"
	b.anna(0, "service", "start")
	b.runs()
}

// shells asks man and each shell for what the package gave them.
func (b *booted) shells() {
	b.t.Helper()
	for want, script := range map[string]string{
		"homeport-service-install": "man homeport-service-install | head -1 | tr A-Z a-z",
		"/homeport.1.gz":           "man -w homeport",
		"uninstall":                `. /usr/share/bash-completion/bash_completion; _completion_loader homeport; COMP_WORDS=(homeport service un) COMP_CWORD=2 COMP_LINE="homeport service un" COMP_POINT=19; __start_homeport; echo "${COMPREPLY[@]}"`,
		"_homeport":                `zsh -c 'autoload -Uz compinit; compinit -D; echo $_comps[homeport]'`,
		"Stop it now":              `fish -c 'complete -C "homeport service st"'`,
	} {
		out, err := b.try("env", "HOME=/tmp", "bash", "-c", script)
		if err != nil || !strings.Contains(out, want) {
			b.t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

// nothingLeft wants no process, and no file but those of the account; man keeps pages that
// it showed.
func (b *booted) nothingLeft() {
	b.t.Helper()
	if out, _ := b.try("sh", "-c", "cat /proc/[0-9]*/comm | grep homeport"); out != "" {
		b.t.Errorf("still runs: %s", out)
	}
	out := b.must("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/srv", "-o", "-path", "/var/cache/man", "-o", "-path", "/home/*/.config/homeport", "-o", "-path", "/home/*/.local/state/homeport", ")", "-prune", "-o", "-iname", "*homeport*", "-print")
	if strings.TrimSpace(out) != "" {
		b.t.Errorf("still there:\n%s", out)
	}
}

// TestComputerUnderSystemd is the service of a computer that nobody logs in to, of an
// account of its own: installed twice, upgraded, stopped, started and removed.
func TestComputerUnderSystemd(t *testing.T) {
	phone, binds := phoneForSystemd(t)
	b := bootSystemd(t, append(binds, builtPackages(t)+":/srv/debs")...)
	b.program = "/usr/bin/homeport"
	b.must("useradd", "--system", "--create-home", "--shell", "/usr/sbin/nologin", "keeper")
	b.must("chown", "keeper", "/srv/backups")
	b.dpkg("", "-i", "/srv/debs/1.0.0.deb")
	if out := b.anna(1, "service", "install", "--system", "--user", "keeper"); !strings.Contains(out, "hint: run it with sudo") {
		t.Error("what helps is not said")
	}
	b.anna(cause.ExitUsage, "service", "install", "--user", "keeper")
	b.root(cause.ExitUsage, "service", "install")
	if out := b.root(0, "service", "install", "--system", "--user", "keeper"); !strings.Contains(out, "sudo -H -u keeper homeport config init") {
		t.Error("that there is no folder for backups is not said")
	}
	b.must("runuser", "-u", "keeper", "--", "env", "HOME=/home/keeper", b.program, "config", "init", "--dest", "/srv/backups/homeport")
	b.root(0, "service", "install", "--system", "--user", "keeper")
	b.must("systemctl", "reload", "homeport")
	phone.Attach()
	poll(t, "the backup", func() bool {
		out, _ := b.try("journalctl", "-u", "homeport", "--no-pager", "-o", "cat")
		return strings.Contains(out, "backed up version")
	})
	if out := b.root(0, "service", "status", "--system"); !strings.Contains(out, "/home/keeper/.local/state/homeport/log/homeport.log") {
		t.Error("the log is somebody else's")
	}
	b.anna(0, "service", "status", "--system")
	b.dpkg("started anew", "-i", "/srv/debs/1.0.1.deb")
	b.root(0, "service", "stop", "--system")
	b.root(0, "service", "stop", "--system")
	b.root(notRunning, "service", "status", "--system")
	b.root(0, "service", "start", "--system")
	if out := b.root(0, "service", "uninstall", "--system"); !strings.Contains(out, "stays: backups: /srv/backups/homeport") {
		t.Error("where the backups are is not said")
	}
	b.root(0, "service", "uninstall", "--system")
	b.root(cause.ExitNoSuch, "service", "status", "--system")
	b.root(0, "service", "install", "--system", "--user", "keeper")
	b.dpkg("stays: backups: /srv/backups/homeport", "-r", "homeport")
	b.dpkg("", "-P", "homeport")
	b.nothingLeft()
	out, _ := b.try("journalctl", "-u", "homeport", "--no-pager", "-o", "short-precise")
	t.Logf("the journal:\n%s", out)
}
