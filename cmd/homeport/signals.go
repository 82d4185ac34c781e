package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"homeport/cause"
)

// interrupted is why a context ended: a signal came.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string { return "stopped by " + i.signal.String() }

// signals is what the process does about signals.
type signals struct {
	stderr io.Writer
	asked  chan os.Signal         // see raise; made by watch
	reload atomic.Pointer[func()] // what SIGHUP does; nil: it ends the verb
	last   atomic.Pointer[func()] // what is left to do when the process ends at once; nil: nothing
}

// onHangup makes SIGHUP call reload, which must not block, instead of ending the
// verb. Windows has no SIGHUP.
func (s *signals) onHangup(reload func()) { s.reload.Store(&reload) }

// lastWords is how long the process may still take when it ends at once.
const lastWords = 300 * time.Millisecond

// beforeEnd has f called when a second signal ends the process: for what would else stay
// behind. It may be cut short.
func (s *signals) beforeEnd(f func()) { s.last.Store(&f) }

// endNow ends the process.
func (s *signals) endNow() {
	fmt.Fprintln(s.stderr, "stopped at once")
	if f := s.last.Load(); f != nil {
		done := make(chan struct{})
		go func() {
			defer close(done)
			(*f)()
		}()
		late := time.NewTimer(lastWords)
		defer late.Stop()
		select {
		case <-done:
		case <-late.C:
		}
	}
	os.Exit(cause.ExitInterrupted)
}

// raise is a signal that comes on another way than as one: Windows' service manager,
// and the end of a session there. It never blocks.
func (s *signals) raise(sig os.Signal) {
	select {
	case s.asked <- sig:
	default: // two are waiting already
	}
}

// watch returns a context that the first SIGINT, SIGTERM or SIGHUP ends, with a
// cause that tells it. The second signal ends the process at once: whoever asks
// twice does not want to wait for a clean end. A SIGHUP that the caller ignores, as
// nohup does, stays ignored. SIGPIPE is taken and dropped: a reader that has gone
// must not end a backup.
func (s *signals) watch(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	stops, pipes := make(chan os.Signal, 2), make(chan os.Signal, 1)
	done := make(chan struct{})
	s.asked = make(chan os.Signal, 2)
	signal.Notify(stops, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(stops, syscall.SIGHUP)
	}
	signal.Notify(pipes, syscall.SIGPIPE)
	go func() {
		defer close(done)
		s.follow(stops, cancel)
	}()
	return ctx, func() {
		signal.Stop(pipes)
		signal.Stop(stops)
		close(stops)
		<-done
		cancel(nil)
	}
}

// follow acts on signals until the channel is closed.
func (s *signals) follow(stops <-chan os.Signal, cancel context.CancelCauseFunc) {
	asked := false
	for {
		sig, open := s.next(stops)
		if !open {
			return
		}
		if reload := s.reload.Load(); sig == syscall.SIGHUP && reload != nil {
			(*reload)()
			continue
		}
		if asked {
			s.endNow()
		}
		asked = true
		id := cause.HostShutdown
		if sig == os.Interrupt {
			id = cause.UserCancelled
		}
		cancel(cause.New(id, nil, interrupted{sig}))
	}
}

// next waits for a signal, whichever way it comes; false when no more will.
func (s *signals) next(stops <-chan os.Signal) (os.Signal, bool) {
	select {
	case sig, open := <-stops:
		return sig, open
	case sig := <-s.asked:
		return sig, true
	}
}
