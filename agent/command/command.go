// Package command owns the running of a shell line that somebody wrote into the settings: with
// a limit, as a whole, and with what it prints kept within bounds.
//
// The line is run as scripts are: by /bin/sh -c, on Windows by cmd /d /s /c. It reads nothing. It
// has a process group (on Windows a job) of its own: when its time is over it and all that it
// started in that group are asked to end, and soon ended. What it left running when it ended by
// itself goes on.
package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds of what is kept of a command's output.
const (
	mostLines = 20
	mostLine  = 240     // runes
	mostBytes = 8 << 10 // of the end
)

const (
	// endGrace is how long a command may take to end when it was asked to.
	endGrace = 3 * time.Second
	// drain is how long its output may still come after it has ended: a child that it left
	// may hold it open.
	drain = time.Second
)

// Result is how a command ended.
type Result struct {
	Lines []string // the last lines of what it printed, without control characters
	Took  time.Duration
	// Err is nil when it ended with 0. Else its text is for a person, without the command's: "it
	// ended with 32", "it took longer than 5m". It wraps the cause of a context that ended.
	Err error
}

// Runner runs commands, and can end all of them. The zero value is ready.
type Runner struct {
	mu    sync.Mutex
	under map[*group]bool // way: what runs now
	over  bool
}

// End ends all commands that are under way at once, with all that they started, and lets none
// begin any more. It does not wait for them.
func (r *Runner) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	for g := range r.under {
		g.end()
	}
}

// errOver is the end of a command that began too late.
var errOver = errors.New("it came too late: the program is being stopped")

// start starts a command of a Runner; done is called when it has ended.
func (r *Runner) start(cmd *exec.Cmd) (g *group, done func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return nil, nil, errOver
	}
	if g, err = start(cmd); err != nil {
		return nil, nil, err
	}
	if r.under == nil {
		r.under = map[*group]bool{}
	}
	r.under[g] = true
	return g, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.under, g)
		g.close()
	}, nil
}

// Run runs a line and waits for its end. env is its whole environment. A limit of 0 is none.
func (r *Runner) Run(ctx context.Context, line string, env []string, limit time.Duration) Result {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s", short(limit)))
		defer cancel()
	}
	begun := time.Now()
	if ctx.Err() != nil {
		return Result{Err: context.Cause(ctx)}
	}
	cmd := shell(line)
	cmd.Env, cmd.WaitDelay = env, drain
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	err := r.run(ctx, cmd)
	return Result{Lines: out.lines(), Took: time.Since(begun), Err: plain(ctx, err)}
}

// short is a limit as the settings spell it: 5m, and not 5m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// run starts a command and waits for it, and ends all of it when ctx does.
func (r *Runner) run(ctx context.Context, cmd *exec.Cmd) error {
	g, done, err := r.start(cmd)
	if err != nil {
		return err
	}
	defer done()
	over := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-ended:
			return
		case <-ctx.Done():
		}
		g.ask()
		t := time.NewTimer(endGrace)
		defer t.Stop()
		select {
		case <-ended:
		case <-t.C:
		}
		g.end() // what it left behind too
	}()
	err = cmd.Wait()
	close(ended)
	<-over
	return err
}

// plain words the end of a command.
func plain(ctx context.Context, err error) error {
	if ctx.Err() != nil && err != nil {
		return context.Cause(ctx)
	}
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		if code := e.ExitCode(); code >= 0 {
			return fmt.Errorf("it ended with %d", code)
		}
		return fmt.Errorf("it was ended: %v", e.ProcessState)
	}
	return fmt.Errorf("it cannot be run: %w", err)
}

// tail keeps the end of what is written to it. It is used by one goroutine at a time.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[max(0, len(p)-mostBytes):]...)
	if more := len(t.kept) - mostBytes; more > 0 {
		t.kept = append(t.kept[:0], t.kept[more:]...)
	}
	return len(p), nil
}

// lines are the last lines, fit to be logged and shown.
func (t *tail) lines() []string {
	var list []string
	for line := range bytes.Lines(t.kept) {
		if s := Clean(string(line)); s != "" {
			list = append(list, s)
		}
	}
	return list[max(0, len(list)-mostLines):]
}

// Clean makes one line of a text from outside fit to be shown: no control characters, nothing
// that turns the reading direction, not too long.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > mostLine {
		s = string([]rune(s)[:mostLine-1]) + "…"
	}
	return s
}

// forCmd makes a value fit for a variable that a batch file may write into a line: cmd puts it
// there before it reads the line, so that these would be commands and quotes of it.
func forCmd(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"&|<>^%!`", r) {
			return '_'
		}
		return r
	}, s)
}
