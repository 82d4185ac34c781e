package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeport/agent/status"
	"homeport/configs"
)

// glanceAtDaemon is how long a verb waits for the picture of a daemon: one that is
// there answers at once.
const glanceAtDaemon = 5 * time.Second

// askDaemon asks the daemon of this state folder for its picture; ok says that there is
// one. One that is there and does not answer is told on stderr, and counts as none.
func (a *app) askDaemon(ctx context.Context) (c *status.Client, s status.Snapshot, ok bool) {
	dir := a.stateFolder()
	if dir == "" {
		return nil, s, false
	}
	c = status.NewClient(dir)
	ctx, cancel := context.WithTimeout(ctx, glanceAtDaemon)
	defer cancel()
	s, err := c.Status(ctx)
	if err == nil {
		return c, s, true
	}
	switch info, runs := runningDaemon(dir); {
	case runs && errors.Is(err, status.ErrNotRunning):
		fmt.Fprintf(a.stderr, "warning: Homeport runs %s, but does not answer\n", info)
	case runs:
		fmt.Fprintf(a.stderr, "warning: Homeport runs %s, but does not answer: %s\n", info, clean(err.Error()))
	case !errors.Is(err, status.ErrNotRunning) && ctx.Err() == nil:
		fmt.Fprintf(a.stderr, "warning: the Homeport of %s was not asked: %s\n", dir, clean(err.Error()))
	}
	return c, s, false
}

// meansTheSame reports whether the daemon would do for a phone what the settings and
// flags of this verb ask for.
func meansTheSame(s status.Snapshot, p status.Phone, cfg configs.Config, address string) bool {
	mine := cfg.For(p.UDID)
	return p.Destination == mine.Destination && p.Engine == string(mine.Engine) && s.Usbmuxd.Address == address
}

// errNoDaemon is what a verb that needs the daemon says when none answers.
func errNoDaemon(dir string) error {
	if info, runs := runningDaemon(dir); runs {
		return advised{fmt.Errorf("the Homeport that runs %s does not answer", info), "try again in a minute; if it still does not, end it and start it again"}
	}
	return advised{fmt.Errorf("no Homeport is running%s", where(dir)), "to have it run by itself: homeport service install; in this terminal: homeport run"}
}

// where is nothing when the state folder is known to be the usual one.
func where(dir string) string {
	if paths, err := configs.SystemPaths(); err == nil && paths.StateDir == dir || dir == "" {
		return ""
	}
	return " with its state in " + dir
}
