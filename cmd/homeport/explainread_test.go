package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestReadEnd(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 9, 10, 11, 20, 21, 30, 1000} {
		whole := strings.Repeat("0123456789", 100)[:size]
		want := whole[max(0, size-10)&^1:]
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(whole), "byte by byte": iotest.OneByteReader(strings.NewReader(whole))} {
			got, err := readEnd(r, 10, 1<<20)
			if err != nil || !strings.HasSuffix(whole, got) || len(got) < min(size, 10) || (size-len(got))%2 != 0 {
				t.Errorf("%d bytes %s: %q, %v, want %q", size, name, got, err, want)
			}
		}
	}
	if _, err := readEnd(endless{}, 10, 1<<20); !errors.Is(err, errTooLong) {
		t.Errorf("what does not end: %v", err)
	}
	if _, err := readEnd(iotest.ErrReader(os.ErrClosed), 10, 1<<20); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a broken input: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "y\n"), nil }

// runWith runs the command with something piped in.
func runWith(stdin io.Reader, args ...string) (int, string, string) {
	var out, errs bytes.Buffer
	code := run(args, stdin, &out, &errs)
	return code, out.String(), errs.String()
}

func TestExplainReadsALog(t *testing.T) {
	t.Parallel()
	log := strings.Repeat("Receiving files\r\n[=====     ]  10% Finished\r", 300_000) + "\x1b[31mErrorCode 208: Device locked (MBErrorDomain/208)\x1b[0m\r\n"
	for _, args := range [][]string{{"explain", "-"}, {"explain"}} {
		code, out, errs := runWith(strings.NewReader(log), args...)
		if code != 0 || !strings.Contains(out, "(passcode-prompt-unanswered)") || !strings.Contains(out, "recognised by the number: MBErrorDomain/208") {
			t.Errorf("%v: exit code %d, %s%s", args, code, out, errs)
		}
	}
	if code, _, errs := runWith(strings.NewReader(" \n"), "explain", "-"); code != 2 || !strings.Contains(errs, "nothing on the standard input") {
		t.Errorf("nothing piped in: exit code %d, %s", code, errs)
	}
	if code, out, _ := runWith(strings.NewReader(""), "explain"); code != 0 || !strings.Contains(out, "\ncable-no-data ") {
		t.Errorf("an empty pipe: exit code %d, %s", code, out)
	}
}

// TestExplainKnowsAFile holds that the name of a log is not taken for a text.
func TestExplainKnowsAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(path, []byte("208"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runWith(nil, "explain", path); code != 2 || !strings.Contains(errs, "homeport explain - < ") {
		t.Errorf("exit code %d, %s", code, errs)
	}
}

// TestExplainCanBeInterrupted holds that an input which is silent holds nobody up.
func TestExplainCanBeInterrupted(t *testing.T) {
	t.Parallel()
	silent, keep := io.Pipe()
	defer keep.Close()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, interrupted{})
	defer cancel()
	if _, err := (&app{stdin: silent}).pasted(ctx, []string{"-"}); !errors.As(err, &interrupted{}) {
		t.Errorf("got %v", err)
	}
}
