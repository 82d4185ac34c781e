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

	"homeport/configs/service"
)

// stepsSince is the version of systemd that can wait longer from try to try.
const stepsSince = 254

// systemdManager is systemd: of one account, or of the whole system.
type systemdManager struct {
	run    runner
	file   string // of the unit
	system bool
	user   string // of the account
	linger string // the folder of logind's files of those who linger
}

// told is what the unit says that is there: ours, or one of a package that is in force.
func (m systemdManager) told(ctx context.Context) (service.Spec, bool) {
	text, err := os.ReadFile(m.located(ctx).file)
	if err != nil {
		u, failed := m.state(ctx)
		if failed != nil || !m.inForce(u) || u.File == "" {
			return service.Spec{}, false
		}
		if text, err = os.ReadFile(u.File); err != nil {
			return service.Spec{}, false
		}
	}
	return service.ParseUnit(text), true
}

// located is m with the unit where the account's systemd looks for it: the environment
// that systemd began with decides, which need not be that of a terminal.
func (m systemdManager) located(ctx context.Context) systemdManager {
	if m.system {
		return m
	}
	folder, name := filepath.Dir(m.file), filepath.Base(m.file)
	out, err := m.ctl(ctx, "show", "--property=UnitPath", "--value")
	folders := service.ParseUnitPath(out)
	if err != nil || slices.Contains(folders, folder) {
		return m
	}
	for _, dir := range folders {
		if strings.HasSuffix(dir, "/systemd/user") && !strings.HasPrefix(dir, "/etc/") && !strings.HasPrefix(dir, "/run/") && !strings.HasPrefix(dir, "/usr/") {
			m.file = filepath.Join(dir, name)
			break
		}
	}
	return m
}

// inForce says that a unit is more than a file that a package left there for those who
// want it.
func (m systemdManager) inForce(u service.UnitState) bool {
	return u.PID > 0 || u.Loaded && (u.File == m.file || u.Enabled)
}

func (m systemdManager) name() string {
	if m.system {
		return "systemd unit of this computer"
	}
	return "systemd unit of this account"
}

// ctl runs systemctl.
func (m systemdManager) ctl(ctx context.Context, args ...string) (string, error) {
	if !m.system {
		args = append([]string{"--user"}, args...)
	}
	out, said, err := m.run(ctx, "systemctl", args...)
	if err != nil {
		return out, m.explain(managerSaid("systemctl "+strings.Join(short(args), " "), said, err), said)
	}
	return out, nil
}

// short are arguments without those that only say how to print.
func short(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		return arg == "--value" || strings.HasPrefix(arg, "--property=")
	})
}

// errNoManager is the error of an account for which no systemd runs, as after su.
var errNoManager = errors.New("systemd runs no services for this account now")

// explain adds what helps to systemctl's own words.
func (m systemdManager) explain(err error, said string) error {
	switch {
	case m.system && strings.Contains(said, "nteractive authentication required"),
		m.system && strings.Contains(said, "ccess denied"):
		return advised{err, "run it with sudo"}
	case !m.system && strings.Contains(said, "Failed to connect to"):
		return advised{fmt.Errorf("%w: %w", errNoManager, err),
			"log in as this user (not by su or sudo), or first: sudo loginctl enable-linger " + m.user}
	}
	return err
}

func (m systemdManager) install(ctx context.Context, spec service.Spec, restart bool) ([]string, error) {
	version, said, err := m.run(ctx, "systemctl", "--version")
	if err != nil {
		return nil, managerSaid("systemctl --version", said, err)
	}
	n, err := service.ParseSystemdVersion(version)
	if err != nil {
		return nil, err
	}
	spec.Steps = n >= stepsSince
	m = m.located(ctx)
	text, err := service.Unit(spec)
	if err != nil {
		return nil, err
	}
	before, err := m.state(ctx) // before anything is written: no systemd, no unit
	if err != nil {
		return nil, err
	}
	mode := os.FileMode(0o600)
	if m.system {
		mode = 0o644
	}
	did, changed, err := putFile(m.file, text, mode)
	if err != nil {
		return did, asRoot(m.system, err)
	}
	if changed || before.Stale {
		if _, err := m.ctl(ctx, "daemon-reload"); err != nil {
			return did, err
		}
	}
	if _, err := m.ctl(ctx, "enable", service.UnitName); err != nil {
		return did, err
	}
	if !before.Enabled {
		did = append(did, "starts by itself from now on")
	}
	return m.begin(ctx, before, did, changed || restart)
}

// begin starts the unit, or starts it anew.
func (m systemdManager) begin(ctx context.Context, before service.UnitState, did []string, again bool) ([]string, error) {
	verb, done := "start", "started"
	switch running := before.Active == "active" || before.Active == "reloading"; {
	case running && !again:
		return append(did, "runs already"), nil
	case running:
		verb, done = "restart", "started anew"
	}
	_, _ = m.ctl(ctx, "reset-failed", service.UnitName) // nothing failed: nothing to forget
	if _, err := m.ctl(ctx, verb, service.UnitName); err != nil {
		return did, m.whyNot(ctx, err)
	}
	return append(did, done), nil
}

// whyNot adds where to read why a unit does not start.
func (m systemdManager) whyNot(ctx context.Context, err error) error {
	if errors.As(err, &advised{}) {
		return err
	}
	scope := "--user "
	if m.system {
		scope = ""
	}
	hint := "read why: journalctl " + scope + "-u homeport -n 20"
	if s, failed := m.state(ctx); failed == nil && s.Exited && s.Exit == 2 {
		hint = "the configuration is not valid; read why: homeport config check"
	}
	return advised{err, hint}
}

func (m systemdManager) state(ctx context.Context) (service.UnitState, error) {
	out, err := m.ctl(ctx, "show", service.UnitName, service.UnitProperties)
	return service.ParseUnitState(out), err
}

// uninstall goes on where a part is missing: somebody may have removed the unit by hand,
// or use one of a package.
func (m systemdManager) uninstall(ctx context.Context) ([]string, error) {
	m = m.located(ctx)
	_, missing := os.Lstat(m.file)
	there := !errors.Is(missing, fs.ErrNotExist)
	u, err := m.state(ctx)
	if errors.Is(err, errNoManager) && there { // so nothing of it runs
		if err := os.Remove(m.file); err != nil {
			return nil, fmt.Errorf("remove unit: %w", err)
		}
		m.unlink()
		return []string{"removed: " + m.file}, nil
	}
	if err != nil && there {
		return nil, err
	}
	if err != nil || !there && !m.inForce(u) && !m.unlink() {
		return nil, nil
	}
	var did []string
	if _, err := m.ctl(ctx, "stop", service.UnitName); err != nil && u.Loaded {
		return nil, err
	}
	did = append(did, "stopped")
	if _, err := m.ctl(ctx, "disable", service.UnitName); err != nil && u.Enabled && !m.unlink() {
		return did, err // with the unit gone it only finds no unit
	}
	if there {
		if err := os.Remove(m.file); err != nil {
			return did, asRoot(m.system, fmt.Errorf("remove unit: %w", err))
		}
		did = append(did, "removed: "+m.file)
	} else {
		did = append(did, "starts by itself no more")
	}
	m.unlink()
	_, err = m.ctl(ctx, "daemon-reload")
	_, _ = m.ctl(ctx, "reset-failed", service.UnitName)
	return did, err
}

// unlink takes away the link by which the unit starts, which may be all that is left;
// false when there is none.
func (m systemdManager) unlink() bool {
	target := "default.target"
	if m.system {
		target = "multi-user.target"
	}
	link := filepath.Join(filepath.Dir(m.file), target+".wants", service.UnitName)
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return false
	}
	return os.Remove(link) == nil
}

func (m systemdManager) start(ctx context.Context) error {
	before, err := m.state(ctx)
	if err != nil {
		return err
	}
	_, err = m.begin(ctx, before, nil, false)
	return err
}

func (m systemdManager) stop(ctx context.Context) error {
	_, err := m.ctl(ctx, "stop", service.UnitName)
	return err
}

func (m systemdManager) status(ctx context.Context) (serviceStatus, error) {
	u, err := m.state(ctx)
	if errors.Is(err, errNoManager) {
		return m.asleep(err), nil
	}
	if err != nil {
		return serviceStatus{}, err
	}
	s := serviceStatus{Installed: m.located(ctx).inForce(u), File: u.File, Automatic: u.Enabled, PID: u.PID, Restarts: u.Restarts}
	s.Running = u.PID > 0 && u.Active != "failed" && u.Active != "inactive"
	if s.Running {
		s.Activity = u.Status
	}
	switch {
	case !u.Exited || s.Running:
	case u.Signal != 0:
		s.Ended = fmt.Sprintf("signal %d", u.Signal)
	default:
		s.Exit = &u.Exit
	}
	if u.Stale {
		s.Notes = append(s.Notes, "the unit was changed or removed by hand since systemd read it; homeport service install writes it anew")
	}
	if s.Installed && !m.system && !m.lingers() {
		s.Notes = append(s.Notes, notLingering(m.user))
	}
	return s, nil
}

// asleep is how a service is while no systemd runs for its account.
func (m systemdManager) asleep(err error) serviceStatus {
	s := serviceStatus{File: m.file, Notes: []string{errNoManager.Error()}}
	if help, ok := errors.AsType[advised](err); ok {
		s.Notes = append(s.Notes, help.hint)
	}
	if _, missing := os.Lstat(m.file); missing == nil {
		s.Installed, s.Automatic = true, true
	}
	return s
}

// lingers says that systemd keeps the services of this account when nobody is logged
// in: then logind has a file of its name. What is not known is told as if it did.
func (m systemdManager) lingers() bool {
	_, err := os.Stat(filepath.Join(m.linger, m.user))
	return !errors.Is(err, fs.ErrNotExist)
}

func notLingering(user string) string {
	return "it runs while you are logged in; to have it run from the start of the computer on: sudo loginctl enable-linger " + user
}
