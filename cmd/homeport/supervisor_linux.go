package main

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"homeport/configs/service"
)

// Where systemd and logind have things.
const (
	systemdBooted  = "/run/systemd/system" // there when systemd runs this computer, see sd_booted(3)
	systemdUnits   = "/etc/systemd/system"
	logindLingers  = "/var/lib/systemd/linger"
	usualForRoot   = "/usr/local/bin"
	runtimeFolders = "/run/user"
)

// systemSupervisor is systemd, or an error that says what helps without it.
func systemSupervisor(_ *app, o serviceOptions) (supervisor, error) {
	if info, err := os.Stat(systemdBooted); err != nil || !info.IsDir() {
		return nil, withoutSystemd(os.ReadFile)
	}
	me, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("find this account: %w", err)
	}
	if o.system {
		return systemdManager{run: runCommand, file: filepath.Join(systemdUnits, service.UnitName), system: true, user: me.Username}, nil
	}
	if os.Geteuid() == 0 {
		return nil, usageError{fmt.Errorf("as root a service of the whole computer is meant: add --system; a service of your account is installed without sudo")}
	}
	return systemdManager{run: runCommand, file: filepath.Join(me.HomeDir, ".config", "systemd", "user", service.UnitName), user: me.Username, linger: logindLingers}, nil
}

// withoutSystemd says what helps on a computer that something else runs.
func withoutSystemd(read func(string) ([]byte, error)) error {
	if version, failed := read("/proc/version"); failed == nil && strings.Contains(strings.ToLower(string(version)), "microsoft") {
		return advised{errNoSupervisor, "switch systemd on in WSL: [boot] systemd=true in /etc/wsl.conf, then wsl --shutdown"}
	}
	if _, failed := read("/.dockerenv"); failed == nil {
		return advised{errNoSupervisor, "in a container make \"homeport run\" the container's command"}
	}
	if _, failed := read("/run/.containerenv"); failed == nil {
		return advised{errNoSupervisor, "in a container make \"homeport run\" the container's command"}
	}
	return advised{errNoSupervisor, "add a line to your crontab (crontab -e): @reboot homeport run; or have your init system run: homeport run"}
}

// systemSpec adds what systemd needs to know.
func systemSpec(spec *service.Spec, o serviceOptions) ([]string, error) {
	if !o.system {
		return nil, ownHome(spec)
	}
	name := o.user
	if name == "" {
		name = os.Getenv("SUDO_USER")
	}
	if name == "" || name == "root" {
		return nil, usageError{fmt.Errorf("add --user NAME: the account that the backups belong to; one of its own is made with: useradd --system --create-home --shell /usr/sbin/nologin homeport")}
	}
	owner, err := user.Lookup(name)
	if err != nil {
		return nil, usageError{fmt.Errorf("there is no account %q here", name)}
	}
	spec.User = owner.Username
	// These say where root has things.
	spec.Env = slices.DeleteFunc(spec.Env, func(v service.Variable) bool { return strings.HasPrefix(v.Name, "XDG_") })
	return []string{"it runs as " + owner.Username + "; its settings are read from the home folder of that account: " + owner.HomeDir}, nil
}

// ownHome tells the service where this terminal has its home folder, when that is not the
// one of the account: systemd knows only that.
func ownHome(spec *service.Spec) error {
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("find this account: %w", err)
	}
	if home := homeFolder(); home != "" && home != me.HomeDir {
		spec.Env = append(spec.Env, service.Variable{Name: "HOME", Value: home})
	}
	return nil
}

// usualProgramFolder is where a program of a person lies.
func usualProgramFolder() string {
	if os.Geteuid() == 0 {
		return usualForRoot
	}
	return filepath.Join(homeFolder(), ".local", "bin")
}

// managerEnviron lets systemctl --user find the account's systemd where the
// environment does not say where that is, as after su.
func managerEnviron(environ []string) []string {
	environ = append(environ, "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=")
	if os.Getenv("XDG_RUNTIME_DIR") != "" {
		return environ
	}
	dir := filepath.Join(runtimeFolders, fmt.Sprint(os.Getuid()))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return environ
	}
	return append(environ, "XDG_RUNTIME_DIR="+dir)
}
