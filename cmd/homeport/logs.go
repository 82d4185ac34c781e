package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"homeport/agent/history"
)

type logsOptions struct {
	narrowing
	level  string
	lines  int
	follow bool
}

// logLevels are those of the log, from the quietest.
var logLevels = []string{"debug", "info", "warn", "error"}

func newLogsCommand(a *app) *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "The log: what happened, in all detail",
		Long: `The log, over all the days that it is kept: the last lines, or all since a time. With
--follow it goes on with what is written, until Ctrl-C. With --json the lines come as
they are in the file, one JSON object each.

` + sinceHelp,
		Example: `  homeport logs --follow
  homeport logs --since yesterday --level warn
  homeport logs --device "Anna's iPhone" --lines 0 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runLogs(cmd.Context(), a, o, cmd.Flags().Changed("lines"))
		},
	}
	o.add(a, cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.level, "level", "", "only this `LEVEL` and what is worse: "+strings.Join(logLevels, ", "))
	flags.IntVarP(&o.lines, "lines", "n", 100, "only the last `N`; 0 is all, and so is --since without this")
	flags.BoolVarP(&o.follow, "follow", "f", false, "go on with what is written")
	_ = cmd.RegisterFlagCompletionFunc("level", cobra.FixedCompletions(logLevels, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runLogs(ctx context.Context, a *app, o logsOptions, counted bool) error {
	f, err := o.filter(ctx, a, time.Now())
	if err != nil {
		return err
	}
	cfg, err := a.load(settings{})
	if err != nil {
		return err
	}
	last := o.lines
	if o.since != "" && !counted {
		last = 0
	}
	p := newLogPage(ctx, a, last)
	if o.follow {
		err = history.FollowLog(ctx, cfg.Log.Dir, f, func() {
			if p.flush(); p.printed == 0 && !a.json {
				a.printf("nothing yet; waiting for %s\n", history.LogPath(cfg.Log.Dir))
			}
		}, p.see)
	} else {
		err = history.ReadLog(ctx, cfg.Log.Dir, f, p.see)
		p.flush()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if !a.json {
			a.printf("there is no log yet; it will be %s\n", history.LogPath(cfg.Log.Dir))
		}
		return nil
	case o.follow && stoppedBySignal(ctx):
		return nil // that is how it ends
	case p.left > 0:
		fmt.Fprintf(a.stderr, "warning: %s of the log cannot be read, and left out\n", count(p.left, "line", "lines"))
	}
	if err == nil && p.printed == 0 && !a.json {
		a.printf("nothing that fits in %s\n", history.LogPath(cfg.Log.Dir))
	}
	return err
}

func (o logsOptions) filter(ctx context.Context, a *app, now time.Time) (history.LogFilter, error) {
	f := history.LogFilter{Level: strings.ToLower(o.level)}
	var err error
	if f.Phone, f.Cause, f.Since, err = o.check("", now); err != nil {
		return f, err
	}
	switch {
	case o.lines < 0:
		return f, usageError{fmt.Errorf("--lines %d is less than none", o.lines)}
	case f.Level != "" && !slices.Contains(logLevels, f.Level):
		return f, usageError{fmt.Errorf("--level %s is none of %s", o.level, strings.Join(logLevels, ", "))}
	}
	if db := a.history(); db != nil && f.Phone != "" {
		f.Phone, err = phoneOf(ctx, db, f.Phone)
	}
	return f, err
}
