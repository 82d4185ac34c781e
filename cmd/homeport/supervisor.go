package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"homeport/configs/service"
)

// supervisor is one way in which a system starts Homeport by itself. Its errors are
// for a person: they say what helps.
type supervisor interface {
	// name says what it is: "systemd unit of this account".
	name() string
	// install tells the system of spec, or tells it anew, has it started with every
	// log-on, and starts it now. did says what was done, in the order in which it was.
	install(ctx context.Context, spec service.Spec, restart bool) (did []string, err error)
	// uninstall ends it and takes everything of it away. Nothing there is no error.
	uninstall(ctx context.Context) (did []string, err error)
	// start and stop do so until the next log-on or the other one. What is so already
	// is no error.
	start(ctx context.Context) error
	stop(ctx context.Context) error
	status(ctx context.Context) (serviceStatus, error)
	// told is what the system starts now, as far as that can be read; false when it
	// cannot, or nothing is installed.
	told(ctx context.Context) (service.Spec, bool)
}

// errNoSupervisor is the error of a Linux that has nothing to install a service with.
var errNoSupervisor = errors.New("systemd does not run this computer, and nothing else is known here to start Homeport by itself")

// serviceStatus is what a supervisor knows; the lock in the state folder knows
// whether a daemon runs.
type serviceStatus struct {
	Installed bool
	How       string // when it is another way than the supervisor's name says
	File      string // where it is written down: a path, or the name of a task
	Automatic bool   // it starts by itself
	Running   bool
	PID       int    // 0 when not known
	Activity  string // what it last said of itself
	Exit      *int   // of the last process that has ended
	Ended     string // how, when not by an exit code: "signal 9"
	Restarts  int    // since the last start by a person
	Notes     []string
}

// runner runs a program of the system and answers what it printed, stdout and stderr
// apart. An exit code that is not 0 is an *exec.ExitError.
type runner func(ctx context.Context, name string, args ...string) (stdout, stderr string, err error)

// The bounds of a program of the system.
const (
	managerOutput = 1 << 20         // bytes
	managerTime   = 3 * time.Minute // a stop waits for a backup to end cleanly
)

// runCommand is the runner for the real thing.
func runCommand(ctx context.Context, name string, args ...string) (string, string, error) {
	ctx, cancel := context.WithTimeout(ctx, managerTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = managerEnviron(cmd.Environ())
	var stdout, stderr bytes.Buffer
	cmd.Stdout = &bounded{w: &stdout, left: managerOutput}
	cmd.Stderr = &bounded{w: &stderr, left: managerOutput}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	return stdout.String(), stderr.String(), err
}

// bounded drops what comes after its first bytes.
type bounded struct {
	w    io.Writer
	left int
}

// Write never fails and never writes short.
func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	_, _ = b.w.Write(p[:n])
	return len(p), nil
}

// managerSaid words the failure of a system's program by what it said itself.
func managerSaid(what string, stderr string, err error) error {
	text := strings.Join(strings.Fields(clip(clean(stderr), 400)), " ")
	if text == "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %s (%w)", what, text, err)
}

// exitOf is the exit code in an error of a runner; false when there is none.
func exitOf(err error) (int, bool) {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return 0, false
	}
	return exit.ExitCode(), true
}
