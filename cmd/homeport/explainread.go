package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// How much of what is piped in is kept, its end, and how much is read at most: what
// never ends is no log.
const (
	mostKept = 1 << 20
	mostRead = 1 << 30
)

// pasted is the text to explain: the arguments, or what is piped in when the one
// argument is "-" or when there is none.
func (a *app) pasted(ctx context.Context, args []string) (string, error) {
	if len(args) > 1 || len(args) == 1 && args[0] != "-" {
		return strings.Join(args, " "), nil
	}
	if len(args) == 0 && !a.pipedIn() {
		return "", nil
	}
	text, err := abandon(ctx, func() (string, error) { return readEnd(a.stdin, mostKept, mostRead) })
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, errTooLong):
		return "", usageError{fmt.Errorf("read the standard input: %w; give its end only, such as the last thousand lines", err)}
	case err != nil:
		return "", usageError{fmt.Errorf("read the standard input: %w", err)}
	case len(args) == 1 && isBlank(text):
		return "", usageError{errors.New("there is nothing on the standard input")}
	}
	return text, nil
}

// pipedIn says whether standard input is a pipe or a file: a terminal belongs to a
// person, and the null device to nobody.
func (a *app) pipedIn() bool {
	f, ok := a.stdin.(*os.File)
	if !ok {
		return a.stdin != nil
	}
	info, err := f.Stat()
	return err == nil && (info.Mode().IsRegular() || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0)
}

// errTooLong is an input that does not end.
var errTooLong = errors.New("it does not end")

// readEnd reads r to its end and returns the last bytes. Only whole pairs of bytes
// are left out, so that a text of two-byte letters stays one.
func readEnd(r io.Reader, keep, most int) (string, error) {
	var kept []byte
	buf := make([]byte, 64<<10)
	for read := 0; ; {
		n, err := r.Read(buf)
		read += n
		kept = append(kept, buf[:n]...)
		if over := len(kept) - 2*keep; over > 0 {
			kept = append(kept[:0], kept[(len(kept)-keep)&^1:]...)
		}
		switch {
		case errors.Is(err, io.EOF):
			return string(kept[max(0, len(kept)-keep)&^1:]), nil
		case err != nil:
			return "", err
		case read > most:
			return "", errTooLong
		}
	}
}
