package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/term"

	"homeport/cause"
)

// commandWait is how long a password command may take: it may ask a person.
const commandWait = 2 * time.Minute

// readPassword reads one line from a file descriptor, and not a byte more: the
// next line may be for somebody else.
func (a *app) readPassword(ctx context.Context, fd int) (string, error) {
	in := a.stdin
	if fd != 0 {
		file, err := inherited(fd)
		if err != nil {
			return "", usageError{fmt.Errorf("read the password from file descriptor %d: %w", fd, err)}
		}
		defer file.Close()
		in = file
	}
	text, err := abandon(ctx, func() (string, error) { return readLine(in) })
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", usageError{fmt.Errorf("read the password from file descriptor %d: %w", fd, err)}
	}
	return text, nil
}

// readLine reads up to a line break or the end, byte by byte. A line of more than
// maxPassword bytes comes back one byte too long, for the caller to refuse.
func readLine(r io.Reader) (string, error) {
	line := make([]byte, 0, maxPassword+2)
	defer zero(line[:cap(line)])
	for len(line) < cap(line) {
		n, err := r.Read(line[len(line) : len(line)+1])
		if n == 1 && line[:len(line)+1][len(line)] == '\n' {
			break
		}
		line = line[:len(line)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return string(bytes.TrimSuffix(line, []byte{'\r'})), nil
}

// zero overwrites a buffer that held a password.
func zero(b []byte) { clear(b) }

// runPasswordCommand runs a shell line and takes the first line that it prints.
// The command sees our standard input and error, so that it can ask a person.
func (a *app) runPasswordCommand(ctx context.Context, line string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commandWait, fmt.Errorf("it took longer than %v", commandWait))
	defer cancel()
	cmd := shellCommand(ctx, line)
	cmd.Stderr = a.stderr
	cmd.WaitDelay = 2 * time.Second // a child that keeps our pipe open
	if f, ok := a.stdin.(*os.File); ok {
		cmd.Stdin = f
	}
	var out firstLine
	defer out.zero()
	cmd.Stdout = &out
	err := cmd.Run()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if errors.As(err, &interrupted{}) {
		return "", err
	}
	if err != nil {
		// The text of the command stays out of it: it may hold what is nobody's
		// business.
		fmt.Fprintf(a.stderr, "note: the password command did not give a password: %s\n", clean(plainExit(err)))
		return "", cause.New(cause.BackupPasswordUnknown, cause.Evidence{"reason": plainExit(err)}, fmt.Errorf("run the password command: %w", err))
	}
	return out.text()
}

func plainExit(err error) string {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ProcessState.String()
	}
	return err.Error()
}

// firstLine keeps what a command prints, bounded; the rest is read and dropped, so
// that the command does not block.
type firstLine struct{ buf bytes.Buffer }

func (f *firstLine) Write(p []byte) (int, error) {
	if room := maxPassword + 2 - f.buf.Len(); room > 0 {
		f.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (f *firstLine) text() (string, error) { return readLine(bufio.NewReader(&f.buf)) }

func (f *firstLine) zero() { b := f.buf.Bytes(); zero(b[:cap(b)]) }

// canAsk says whether a person is at the terminal.
func (a *app) canAsk() bool {
	if a.typed != nil {
		return true
	}
	f, ok := a.stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// typePassword asks a person, without showing what is typed. When ctx ends, the
// terminal is as it was.
func (a *app) typePassword(ctx context.Context, prompt string) (string, error) {
	fmt.Fprintf(a.stderr, "%s: ", clean(prompt))
	defer fmt.Fprintln(a.stderr)
	if a.typed != nil {
		return a.typed()
	}
	f, ok := a.stdin.(*os.File)
	if !ok {
		return "", errors.New("ask for the password: no terminal")
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	text, err := abandon(ctx, func() (string, error) {
		b, err := term.ReadPassword(fd)
		defer zero(b)
		return string(b), err
	})
	if err != nil {
		_ = term.Restore(fd, before)
		if ctx.Err() == nil {
			err = fmt.Errorf("ask for the password: %w", err)
		}
		return "", err
	}
	return text, nil
}
