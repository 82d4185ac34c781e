package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"homeport/cause"
	"homeport/configs"
)

// newServiceRunCommand is what the system starts. A person has homeport run.
func newServiceRunCommand(a *app) *cobra.Command {
	var manager bool
	cmd := &cobra.Command{
		Use:    "run",
		Short:  "What the system starts; by hand: homeport run",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if manager {
				return runUnderManager(cmd.Context(), a)
			}
			end := followSession(a)
			defer end()
			return runService(cmd.Context(), a)
		},
	}
	cmd.Flags().BoolVar(&manager, "manager", false, "speak to Windows' service manager")
	return cmd
}

// runService is homeport run as a service. Nobody reads its stderr, so that what keeps
// it from starting is in the log too.
func runService(ctx context.Context, a *app) error {
	emptyGrown(a.stderr, mostErrors)
	err := runDaemon(ctx, a, settings{}, daemonMode{service: true})
	if err != nil {
		a.logEnd(err)
	}
	return err
}

// mostErrors is how large the file may be to which a supervisor appends what the service
// says on stderr, as launchd does: one that is started each minute and cannot run says the
// same each time. In bytes.
const mostErrors = 1 << 20

// emptyGrown empties a file that has grown beyond a size; what is no file stays.
func emptyGrown(w io.Writer, most int64) {
	f, ok := w.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() > most {
		_ = f.Truncate(0)
	}
}

// logEnd writes why the service ended into the log; with settings that cannot be read,
// into the log of somebody who has set nothing.
func (a *app) logEnd(err error) {
	if a.log == nil {
		cfg, failed := a.load(settings{})
		if failed != nil {
			if cfg, failed = configs.Default(); failed != nil {
				return
			}
		}
		a.openLog(cfg)
	}
	for _, one := range single(err) {
		f := a.failureOf(one)
		a.log.Error(f.Message, zap.String("cause", string(f.Cause)), zap.String("detail", f.Detail))
	}
}

// turnWait is how often a service looks whether the daemon in a terminal has gone.
const turnWait = 10 * time.Second

// takeTurn is becomeDaemon; a service waits until the one in a terminal has ended,
// instead of being started again and again.
func (a *app) takeTurn(ctx context.Context, mode daemonMode, sd *systemd) (*instance, error) {
	how := inTerminal
	if mode.service {
		how = asService
	}
	for told := false; ; told = true {
		mine, err := a.becomeDaemon(how)
		e := cause.From(err)
		if e == nil || e.ID != cause.AlreadyRunning || e.Evidence["how"] != inTerminal || !mode.service {
			return mine, err
		}
		if !told {
			message := e.Sentence() + "; this one takes over when that ends"
			sd.waits(message)
			fmt.Fprintln(a.stderr, clean(message))
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(turnWait):
		}
	}
}
