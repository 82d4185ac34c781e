package main

import (
	"context"
	"errors"
	"runtime"
	"strings"

	"homeport/agent"
	"homeport/agent/status"
	"homeport/cause"
)

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (u usageError) Error() string { return u.err.Error() }
func (u usageError) Unwrap() error { return u.err }

// advised is an error that no row of the catalogue is about, with what helps.
type advised struct {
	err  error
	hint string
}

func (a advised) Error() string { return a.err.Error() }
func (a advised) Unwrap() error { return a.err }

// exitHelp is the table of exit codes as every help text shows it. The codes are
// API: a cause carries its own.
const exitHelp = `Exit codes:
  0    done (run: also when stopped by one signal)
  1    something unexpected
  2    usage or configuration
  3    preflight refused (doctor: a check failed)
  4    the backup failed
  5    a version is damaged
  6    busy: another run holds the phone or the folder
  7    no such phone or version
  8    a wait for the person ran out (trust, unlock, passcode)
  130  interrupted
`

// exitCode is the one place where an error becomes a number.
func exitCode(ctx context.Context, err error) int {
	var u usageError
	var c coded
	switch {
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &interrupted{}), stoppedBySignal(ctx):
		return cause.ExitInterrupted
	case errors.As(err, &u):
		return cause.ExitUsage
	case errors.As(err, &waitedInVain{}):
		return cause.ExitWaitedInVain
	}
	if told, remote := errors.AsType[*status.RemoteError](err); remote {
		return told.Told.ExitCode
	}
	return cause.From(err).ExitCode()
}

// stoppedBySignal reports whether a signal ended ctx.
func stoppedBySignal(ctx context.Context) bool {
	return ctx != nil && errors.As(context.Cause(ctx), &interrupted{})
}

// failureOf tells an error as a person and a program read it. A usage error has
// no row in the catalogue: its own text is the sentence.
func failureOf(err error) *agent.Failure {
	if told, remote := errors.AsType[*status.RemoteError](err); remote {
		f := agent.Failure(told.Told)
		return &f
	}
	f := agent.NewFailure(err)
	var u usageError
	switch {
	case errors.As(err, &u):
		f.Cause, f.Message, f.ExitCode, f.Remedy = "", u.Error(), cause.ExitUsage, nil
	case f.Cause == cause.Unknown:
		f.Message = err.Error()
		if own, ok := errors.AsType[advised](err); ok {
			f.Remedy = []string{upperFirst(own.hint) + "."}
		}
	}
	switch {
	case errors.As(err, &interrupted{}):
		f.ExitCode = cause.ExitInterrupted
	case errors.As(err, &waitedInVain{}):
		f.ExitCode = cause.ExitWaitedInVain
	}
	return f
}

// failureOf is failureOf with the code that the process ends with.
func (a *app) failureOf(err error) *agent.Failure {
	f := failureOf(err)
	if stoppedBySignal(a.ctx) {
		f.ExitCode = cause.ExitInterrupted
	}
	return f
}

// hintOf is the next step in one line, with the command that tells more.
func hintOf(err error) string {
	if own, ok := errors.AsType[advised](err); ok {
		return own.hint
	}
	if told, remote := errors.AsType[*status.RemoteError](err); remote {
		t := told.Told
		if t.Cause == "" {
			return ""
		}
		return hintOfTrouble(&status.Trouble{Cause: t.Cause, Remedy: t.Remedy})
	}
	e := cause.From(err)
	hint := e.Hint(runtime.GOOS)
	if e.ID == cause.Unknown {
		return hint
	}
	return strings.TrimPrefix(hint+"; homeport explain "+string(e.ID), "; ")
}
