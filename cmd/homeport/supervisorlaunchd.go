package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"homeport/configs/service"
)

// launchdManager is launchd: an agent of one account in its session at the screen, or
// a daemon of the whole system.
type launchdManager struct {
	run    runner
	file   string // the property list
	domain string // "gui/501" or "system"
	pause  time.Duration
}

func (m launchdManager) name() string {
	if m.domain == "system" {
		return "launchd daemon of this Mac"
	}
	return "launchd agent of this account"
}

func (m launchdManager) target() string { return m.domain + "/" + service.Label }

// What launchctl ends with.
const (
	launchdUnknown  = 113 // no such service
	launchdNotHere  = 125 // the domain takes none: nobody is logged in at the screen
	launchdMissing  = 3   // no such process
	launchdStarting = 37  // it is being loaded already
)

// ctl runs launchctl; fine are exit codes that are as good as 0.
func (m launchdManager) ctl(ctx context.Context, fine []int, args ...string) (string, error) {
	out, said, err := m.run(ctx, "launchctl", args...)
	code, exited := exitOf(err)
	for _, c := range fine {
		if exited && code == c {
			return out, nil
		}
	}
	switch {
	case err == nil:
		return out, nil
	case exited && code == launchdNotHere:
		return out, advised{managerSaid("launchctl "+args[0], said, err), "log in at the screen of this Mac first; where nobody ever does: homeport service install --system"}
	case m.domain == "system" && os.Geteuid() != 0:
		return out, advised{managerSaid("launchctl "+args[0], said, err), "run it with sudo"}
	}
	return out, managerSaid("launchctl "+args[0], said, err)
}

// told is what the property list says that is there.
func (m launchdManager) told(context.Context) (service.Spec, bool) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return service.Spec{}, false
	}
	s, err := service.ParseLaunchAgent(text)
	return s, err == nil
}

// loaded asks launchd for the service; false when it knows none.
func (m launchdManager) loaded(ctx context.Context) (service.AgentState, bool, error) {
	out, said, err := m.run(ctx, "launchctl", "print", m.target())
	if _, exited := exitOf(err); exited {
		return service.AgentState{}, false, nil
	}
	if err != nil {
		return service.AgentState{}, false, managerSaid("launchctl print", said, err)
	}
	return service.ParseAgentState(out), true, nil
}

func (m launchdManager) install(ctx context.Context, spec service.Spec, restart bool) ([]string, error) {
	text, err := service.LaunchAgent(spec)
	if err != nil {
		return nil, err
	}
	_, there, err := m.loaded(ctx)
	if err != nil {
		return nil, err
	}
	did, changed, err := putFile(m.file, text, 0o644)
	if err != nil {
		return did, asRoot(m.domain == "system", err)
	}
	if there && !changed && !restart {
		return append(did, "runs already"), m.kick(ctx)
	}
	done := "started"
	if there {
		done = "started anew"
		if err := m.stop(ctx); err != nil {
			return did, err
		}
	}
	return append(did, "starts by itself from now on", done), m.load(ctx)
}

// load has launchd read the property list, which starts the program. A service that
// was switched off with launchctl disable is switched on again.
func (m launchdManager) load(ctx context.Context) error {
	if _, err := m.ctl(ctx, nil, "enable", m.target()); err != nil {
		return err
	}
	_, err := m.ctl(ctx, []int{launchdStarting}, "bootstrap", m.domain, m.file)
	return err
}

// kick starts the program of a service that is loaded; one that runs is left alone.
func (m launchdManager) kick(ctx context.Context) error {
	_, err := m.ctl(ctx, nil, "kickstart", m.target())
	return err
}

func (m launchdManager) start(ctx context.Context) error {
	if _, err := os.Lstat(m.file); err != nil {
		return errNotInstalled
	}
	_, there, err := m.loaded(ctx)
	if err != nil {
		return err
	}
	if there {
		return m.kick(ctx)
	}
	return m.load(ctx)
}

// stop takes the service out of launchd until the next log-on: one that only ended
// might be started again. launchctl returns before the program has ended.
func (m launchdManager) stop(ctx context.Context) error {
	if _, err := m.ctl(ctx, []int{launchdUnknown, launchdMissing}, "bootout", m.target()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, managerTime)
	defer cancel()
	for {
		if _, there, err := m.loaded(ctx); err != nil || !there {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stop %s: it is still there", m.target())
		case <-time.After(m.pause):
		}
	}
}

// errorsName is the file to which launchd writes what is said before there is a log.
const errorsName = "homeport.err"

// uninstall goes on where a part is missing: somebody may have removed the property list
// by hand.
func (m launchdManager) uninstall(ctx context.Context) ([]string, error) {
	_, missing := os.Lstat(m.file)
	_, there, err := m.loaded(ctx)
	if err != nil || !there && errors.Is(missing, fs.ErrNotExist) {
		return nil, err
	}
	before, _ := m.told(ctx)
	if err := m.stop(ctx); err != nil {
		return nil, err
	}
	if errors.Is(missing, fs.ErrNotExist) {
		return []string{"stopped"}, nil
	}
	if filepath.Base(before.Errors) == errorsName {
		_ = os.Remove(before.Errors)
	}
	if err := os.Remove(m.file); err != nil {
		return []string{"stopped"}, asRoot(m.domain == "system", fmt.Errorf("remove property list: %w", err))
	}
	return []string{"stopped", "removed: " + m.file}, nil
}

func (m launchdManager) status(ctx context.Context) (serviceStatus, error) {
	s := serviceStatus{File: m.file}
	a, there, err := m.loaded(ctx)
	if err != nil {
		return s, err
	}
	_, missing := os.Lstat(m.file)
	s.Automatic = missing == nil
	s.Installed = there || s.Automatic
	s.Running, s.PID = a.Running, a.PID
	s.Restarts = max(a.Runs-1, 0)
	switch {
	case a.Running:
	case a.Signal != "":
		s.Ended = "signal " + a.Signal
	case a.Exited:
		s.Exit = &a.Exit
	}
	if s.Installed && !there {
		s.Notes = append(s.Notes, "stopped by hand, or not loaded yet; it starts at the next log-in, or now with: homeport service start")
	}
	return s, nil
}
