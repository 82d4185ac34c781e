package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"homeport/configs"
	"homeport/usbmux"
)

func newRunCommand(a *app) *cobra.Command {
	var s settings
	var once bool
	cmd := &cobra.Command{
		Use:   "run [--dest DIR] [--engine auto|native|libimobiledevice] [--once]",
		Short: "Watch for phones, check them, back them up",
		Long: `Watch for phones, check them, back them up. The first Ctrl-C stops cleanly: a
backup that is under way is set aside and goes on next time. The second stops at
once. SIGHUP reads the settings again: a backup that is under way keeps its own, and
a file that is not valid changes nothing.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRun(cmd.Context(), a, s, once) },
	}
	addSettings(cmd, &s)
	cmd.Flags().BoolVar(&once, "once", false, "end after the first phone")
	return cmd
}

// addSettings adds the flags of verbs that make backups.
func addSettings(cmd *cobra.Command, s *settings) {
	cmd.Flags().StringVar(&s.dest, "dest", "", "keep the backups in `DIR` (default: as configured)")
	cmd.Flags().StringVar(&s.engine, "engine", "", "which `ENGINE` makes the backup: auto, native or libimobiledevice")
}

func runRun(ctx context.Context, a *app, s settings, once bool) error {
	return runDaemon(ctx, a, s, daemonMode{once: once})
}

// daemonMode is how a daemon runs.
type daemonMode struct {
	once    bool // end after the first phone
	service bool // the system started it
}

// runDaemon watches for phones until ctx ends, and is quiet about an end that was
// asked for.
func runDaemon(ctx context.Context, a *app, s settings, mode daemonMode) error {
	cfg, err := a.load(s)
	if err != nil {
		return err
	}
	sd := newSystemd()
	mine, err := a.takeTurn(ctx, mode, sd)
	if err != nil {
		return quietEnd(ctx, err)
	}
	defer mine.close()
	if err := a.makeDestination(s); err != nil {
		return err
	}
	mux, err := a.mux()
	if err != nil {
		return err
	}
	watcher := usbmux.NewWatcher(mux, usbmux.WatcherOptions{})
	if err := watcher.Open(ctx); err != nil {
		return quietEnd(ctx, err)
	}
	defer watcher.Close()
	if !a.json {
		a.printf("watching for phones; backups go to %s\n", cfg.Destination)
	}
	d := newDaemon(a, s, cfg)
	a.logStart(cfg, mine)
	err = d.run(ctx, mux, watcher, mine, sd, mode)
	a.logStop(ctx, err)
	if err = quietEnd(ctx, err); err != nil && mode.once {
		return said{err} // the events have told it
	}
	return err
}

// run lets the daemon live until ctx ends.
func (d *daemon) run(ctx context.Context, mux *usbmux.Client, watcher *usbmux.Watcher, mine *instance, sd *systemd, mode daemonMode) error {
	memory := newTidy(giveBack)
	defer memory.close()
	d.hear = append(d.hear, sd.hear, memory.hear)
	d.live.around = sd.reloading
	ag := d.watch(mux, mode.once)
	over := d.serve()
	defer d.watchState(mine)()
	d.app.signals.beforeEnd(func() {
		ag.EndAtOnce()
		mine.forget()
		_ = d.server.Close()
	})
	stop := d.live.followHangups(d.changed)
	sd.ready()
	defer context.AfterFunc(ctx, sd.stopping)()
	defer d.stopper().watch(ctx)()
	err := ag.Run(ctx, watcher)
	stop()
	over()
	return err
}

// logStart notes in the log that Homeport runs from now on, and whether the one before was
// killed: when it did not run is one answer to the question why there was no backup.
func (a *app) logStart(cfg configs.Config, mine *instance) {
	log := a.openLog(cfg)
	if mine.died != nil {
		log.Warn("ended without a word", zap.String("text", "the Homeport that ran "+mine.died.String()+" was killed, broke, or lost its power"))
	}
	log.Info("started", zap.String("text", "Homeport "+version+", backups go to "+cfg.Destination), zap.Int("process", os.Getpid()))
}

// logStop notes that it does no longer, and why.
func (a *app) logStop(ctx context.Context, err error) {
	why := "it is done"
	if sig, ok := errors.AsType[interrupted](context.Cause(ctx)); ok {
		why = "by a signal, " + sig.signal.String()
	} else if err != nil {
		why = err.Error()
	}
	a.log.Info("stopped", zap.String("text", why))
}

// quietEnd is err, unless a signal is why it is there.
func quietEnd(ctx context.Context, err error) error {
	if errors.As(context.Cause(ctx), &interrupted{}) {
		return nil
	}
	return err
}
