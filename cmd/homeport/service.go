package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"homeport/cause"
	"homeport/configs/service"
)

// errNotInstalled is the error of a service that nobody has installed.
var errNotInstalled = errors.New("no service of Homeport is installed here")

// serviceOptions are the flags of the service verbs.
type serviceOptions struct {
	system bool
	user   string
	force  bool
	own    bool
}

const serviceLong = `Have this computer start Homeport by itself, and keep it running.

Without --system it belongs to your account and needs no special rights: a launchd
agent on macOS, a systemd unit of your account on Linux, a task at log-on on Windows.
With --system the whole computer starts it, for one that nobody logs in to; that needs
an administrator.

service status ends with 0 when it runs, 3 when it is installed and does not run, and
7 when it is not installed.`

func newServiceCommand(a *app) *cobra.Command {
	var o serviceOptions
	cmd := &cobra.Command{
		Use:   "service install|uninstall|start|stop|status",
		Short: "Have the system start Homeport by itself",
		Long:  serviceLong,
		Args:  noArgs,
		RunE:  a.group,
	}
	cmd.PersistentFlags().BoolVar(&o.system, "system", false, "of the whole computer, for one that nobody logs in to")
	verb := func(use, short string, do func(context.Context, *app, serviceOptions) error) *cobra.Command {
		c := &cobra.Command{Use: use, Short: short, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				if o.user != "" && !o.system {
					return usageError{errors.New("--user goes with --system: a service of an account is installed by that account")}
				}
				return o.helped(do(cmd.Context(), a, o))
			}}
		cmd.AddCommand(c)
		return c
	}
	install := verb("install", "Install it, or bring it up to date, and start it", runServiceInstall)
	install.Flags().StringVar(&o.user, "user", "", "with --system: the account `NAME` that it runs as")
	install.Flags().BoolVar(&o.force, "force", false, "also from a folder where the program may not stay")
	uninstall := verb("uninstall", "Stop it and remove it; backups, settings and history stay", runServiceUninstall)
	uninstall.Flags().BoolVar(&o.own, "own", false, "only when this very program is what it starts")
	_ = uninstall.Flags().MarkHidden("own") // for packages, when they are removed
	verb("start", "Start it now", runServiceStart)
	verb("stop", "Stop it now; it starts again at the next log-on", runServiceStop)
	verb("status", "Tell whether it is installed and runs", runServiceStatus)
	cmd.AddCommand(newServiceRunCommand(a), newServicePlacesCommand(a), newServiceRenewCommand(a, &o))
	return cmd
}

// helped adds what helps to an error of a system's own program that nothing else is
// known about.
func (o serviceOptions) helped(err error) error {
	var u usageError
	if errors.Is(err, errNotInstalled) {
		return advised{err, o.verb("install")}
	}
	if _, known := cause.Of(err); err == nil || known || errors.As(err, &u) || errors.As(err, &advised{}) || errors.As(err, &said{}) {
		return err
	}
	return advised{err, "try again; until it works, run it in a terminal: homeport run"}
}

// service is this system's supervisor, for these options.
func (a *app) service(o serviceOptions) (supervisor, error) {
	return systemSupervisor(a, o)
}

func runServiceUninstall(ctx context.Context, a *app, o serviceOptions) error {
	s, err := a.service(o)
	if errors.Is(err, errNoSupervisor) {
		return a.tellUninstalled(nil, nil)
	}
	if err != nil {
		return err
	}
	before, there := s.told(ctx)
	if o.own && (!there || !startsThis(before)) {
		return nil
	}
	view, err := a.viewOf(ctx, o, before)
	if err != nil {
		view.Kept = append(view.Kept, "the backups, settings and history of "+cmp.Or(before.User, "this account"))
	}
	did, err := s.uninstall(ctx)
	if err != nil {
		a.tellSteps(did)
		return err
	}
	return a.tellUninstalled(did, view.Kept)
}

// startsThis says that a service starts the program that this is.
func startsThis(spec service.Spec) bool {
	own, err := ownProgram()
	return err == nil && sameFile(own, spec.Program)
}

func (a *app) tellUninstalled(did, kept []string) error {
	if a.json {
		a.printJSON(map[string]any{"removed": len(did) > 0, "did": nonNil(did), "kept": nonNil(kept)})
		return nil
	}
	if len(did) == 0 {
		a.printf("Homeport is not installed as a service here; nothing was changed\n")
		return nil
	}
	a.tellSteps(did)
	for _, row := range kept {
		a.printf("stays: %s\n", clean(row))
	}
	return nil
}

// whatStays says where that lies which an uninstall leaves.
func (a *app) whatStays() []string {
	var rows []string
	add := func(what, path string) {
		if _, err := os.Lstat(path); path != "" && err == nil {
			rows = append(rows, what+": "+path)
		}
	}
	if cfg, err := a.load(settings{}); err == nil {
		add("backups", cfg.Destination)
		for _, p := range cfg.Phones {
			add("backups of "+p.UDID, p.Destination)
		}
		add("log", cfg.Log.Dir)
	}
	if path, err := a.configPath(); err == nil {
		add("settings", path)
	}
	add("history", a.stateFolder())
	return nonNil(rows)
}

func runServiceStart(ctx context.Context, a *app, o serviceOptions) error {
	s, err := a.installed(ctx, o)
	if err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	a.tellDone("started")
	return nil
}

func runServiceStop(ctx context.Context, a *app, o serviceOptions) error {
	s, err := a.installed(ctx, o)
	if err != nil {
		return err
	}
	if err := s.stop(ctx); err != nil {
		return err
	}
	a.tellDone("stopped")
	return nil
}

// installed is the supervisor of a service that is there.
func (a *app) installed(ctx context.Context, o serviceOptions) (supervisor, error) {
	s, err := a.service(o)
	if err != nil {
		return nil, err
	}
	st, err := s.status(ctx)
	if err == nil && !st.Installed {
		err = errNotInstalled
	}
	return s, err
}

func (a *app) tellDone(what string) {
	if a.json {
		a.printJSON(map[string]any{"did": []string{what}})
		return
	}
	a.printf("%s\n", what)
}

func (a *app) tellSteps(did []string) {
	if a.json {
		return
	}
	for _, step := range did {
		a.printf("%s\n", clean(step))
	}
}

func nonNil(list []string) []string { return append([]string{}, list...) }

// serviceArgs are the arguments of the service: what this command line, or its
// environment, says about where things are, and the verb.
func (a *app) serviceArgs() ([]string, error) {
	var args []string
	if a.configFile != "" || os.Getenv("HOMEPORT_CONFIG") != "" {
		path, err := a.configPath()
		if err != nil {
			return nil, err
		}
		args = append(args, "--config", path)
	}
	if dir := a.state(); dir != "" {
		args = append(args, "--state", dir)
	}
	if a.logLevel != "" {
		args = append(args, "--log-level", a.logLevel)
	}
	return append(args, "service", "run"), nil
}

// carried are the variables that say where things are, which a service gets as they
// are when it is installed. Settings belong into the file.
var carried = []string{"USBMUXD_SOCKET_ADDRESS", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"}

// serviceEnv is what the service finds in its environment, and which settings stand
// in the environment only here.
func serviceEnv(environ []string) (env []service.Variable, left []string) {
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" {
			continue
		}
		for _, c := range carried {
			if name == c {
				env = append(env, service.Variable{Name: name, Value: value})
			}
		}
		if strings.HasPrefix(name, "HOMEPORT_") && name != "HOMEPORT_CONFIG" && name != "HOMEPORT_STATE" && !strings.HasPrefix(name, "HOMEPORT_TEST_") {
			left = append(left, name)
		}
	}
	return env, left
}

// notRunning is the exit code of service status for one that is installed; the code
// of one that is not is cause.ExitNoSuch.
const notRunning = cause.ExitRefused

// coded is an end without an error that a person has to read.
type coded struct{ code int }

func (c coded) Error() string { return fmt.Sprintf("exit code %d", c.code) }
