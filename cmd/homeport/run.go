package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

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
	cfg, err := a.load(s)
	if err != nil {
		return err
	}
	mine, err := a.becomeDaemon(inTerminal)
	if err != nil {
		return err
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
		return err
	}
	defer watcher.Close()
	if !a.json {
		a.printf("watching for phones; backups go to %s\n", cfg.Destination)
	}
	d := newDaemon(a, s, cfg)
	ag := a.newAgentWith(d.live.config, mux, once, d.live.tell)
	stop := d.live.followHangups(ag.Reconsider)
	err = ag.Run(ctx, watcher)
	stop()
	if errors.As(context.Cause(ctx), &interrupted{}) {
		return nil
	}
	if once && err != nil {
		return said{err} // the events have told it
	}
	return err
}
