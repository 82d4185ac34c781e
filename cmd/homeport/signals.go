package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"homeport/cause"
)

// interrupted is why a context ended: a signal came.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string { return "stopped by " + i.signal.String() }

// watchSignals returns a context that the first SIGINT or SIGTERM ends, with a
// cause that tells it. The second signal ends the process at once: whoever asks
// twice does not want to wait for a clean end.
func watchSignals(parent context.Context, stderr io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer close(done)
		s, ok := <-signals
		if !ok {
			return
		}
		id := cause.UserCancelled
		if s == syscall.SIGTERM {
			id = cause.HostShutdown
		}
		cancel(cause.New(id, nil, interrupted{s}))
		if _, ok := <-signals; ok {
			fmt.Fprintln(stderr, "stopped at once")
			os.Exit(cause.ExitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		<-done
		cancel(nil)
	}
}
