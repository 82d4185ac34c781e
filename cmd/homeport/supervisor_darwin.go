package main

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"homeport/configs/service"
)

// launchdPause is how often launchd is asked whether a service has gone.
const launchdPause = 200 * time.Millisecond

// systemSupervisor is launchd.
func systemSupervisor(_ *app, o serviceOptions) (supervisor, error) {
	name := service.Label + ".plist"
	if o.system {
		return launchdManager{run: runCommand, file: filepath.Join("/Library/LaunchDaemons", name), domain: "system", pause: launchdPause}, nil
	}
	if os.Geteuid() == 0 {
		return nil, usageError{fmt.Errorf("as root a service of the whole Mac is meant: add --system; a service of your account is installed without sudo")}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("find this account: %w", err)
	}
	return launchdManager{run: runCommand, file: filepath.Join(home, "Library", "LaunchAgents", name),
		domain: fmt.Sprintf("gui/%d", os.Getuid()), pause: launchdPause}, nil
}

// systemSpec adds what launchd needs to know. It opens the file for errors itself, makes
// no folders, and starts nothing when it cannot: so it lies in a folder that every account
// has, not where the log may be.
func systemSpec(spec *service.Spec, o serviceOptions) ([]string, error) {
	if !o.system {
		logs := filepath.Join(homeFolder(), "Library", "Logs")
		spec.Errors = filepath.Join(logs, errorsName)
		return nil, os.MkdirAll(logs, 0o700)
	}
	name := o.user
	if name == "" {
		name = os.Getenv("SUDO_USER")
	}
	if name == "" || name == "root" {
		return nil, usageError{fmt.Errorf("add --user NAME: the account that the backups belong to")}
	}
	owner, err := user.Lookup(name)
	if err != nil {
		return nil, usageError{fmt.Errorf("there is no account %q here", name)}
	}
	spec.User, spec.Errors = owner.Username, "/dev/null"
	spec.Env = append(spec.Env, service.Variable{Name: "HOME", Value: owner.HomeDir})
	return []string{"it runs as " + owner.Username + "; its settings are read from the home folder of that account: " + owner.HomeDir}, nil
}

// usualProgramFolder is where a program of a person lies.
func usualProgramFolder() string { return "/usr/local/bin" }

// managerEnviron is the environment of launchctl.
func managerEnviron(environ []string) []string { return append(environ, "LC_ALL=C") }
