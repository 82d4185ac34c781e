//go:build unix

package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct{ out, err string }{
		"echo one; echo two >&2":            {"one|two", ""},
		"exit 32":                           {"", "it ended with 32"},
		"echo \"$HOMEPORT_RUN_PHONE\"":      {"Anna's $(id) \"iPhone\"", ""},
		"kill -9 $$":                        {"", "it was ended: signal: killed"},
		"cat":                               {"", ""},
		"printf 'a\\033[31mb\\r\\n\\n\\tc'": {"a[31mb|c", ""},
		"sleep 2 & echo on":                 {"on", ""}, // what it leaves is not waited for
		"nothing-of-that-name-here":         {"not found", "it ended with 127"},
	} {
		got := new(Runner).Run(t.Context(), line, append(os.Environ(), "HOMEPORT_RUN_PHONE="+Value("Anna's\n$(id) \"iPhone\"\x1b")), 30*time.Second)
		out, text := strings.Join(got.Lines, "|"), ""
		if got.Err != nil {
			text = got.Err.Error()
		}
		if text != want.err || out != want.out && !(want.out == "not found" && strings.Contains(out, want.out)) {
			t.Errorf("%s: %q, %q", line, out, text)
		}
	}
	if got := new(Runner).Run(t.Context(), "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done", nil, time.Minute); len(got.Lines) != mostLines || got.Lines[mostLines-1] != "line 4999" {
		t.Errorf("of much: %d lines, %v", len(got.Lines), got.Lines)
	}
	if got := new(Runner).Run(t.Context(), "head -c 100000 /dev/zero | tr '\\0' x", os.Environ(), time.Minute); len(got.Lines) != 1 || len(got.Lines[0]) > mostLine+3 {
		t.Errorf("of a long line: %d lines", len(got.Lines))
	}
}

// TestAllOfItEnds has commands that start others and do not want to end.
func TestAllOfItEnds(t *testing.T) {
	t.Parallel()
	stop := errors.New("unplugged")
	for name, tt := range map[string]struct {
		line  string
		limit time.Duration
		says  string
	}{
		"its time is over":   {"sleep 600 & echo $! > %s; wait", 300 * time.Millisecond, "it took longer than 300ms"},
		"it is not wanted":   {"sleep 600 & echo $! > %s; wait", 0, "unplugged"},
		"it does not listen": {"trap '' TERM; (trap '' TERM; sleep 600) & echo $! > %s; while :; do sleep 1; done", 0, "unplugged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pid := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tt.limit == 0 {
				go func() {
					for readPID(pid) == 0 {
						<-time.After(5 * time.Millisecond)
					}
					cancel(stop)
				}()
			}
			got := new(Runner).Run(ctx, fmt.Sprintf(tt.line, pid), os.Environ(), tt.limit)
			if got.Err == nil || got.Err.Error() != tt.says {
				t.Errorf("got %v", got.Err)
			}
			child := readPID(pid)
			for limit := time.Now().Add(10 * time.Second); child > 0 && syscall.Kill(child, 0) == nil && !zombie(child); {
				if time.Now().After(limit) {
					t.Fatalf("its child %d goes on", child)
				}
				<-time.After(5 * time.Millisecond)
			}
		})
	}
}

func readPID(path string) int {
	data, _ := os.ReadFile(path)
	n, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return n
}

// zombie reports whether a process has ended and nobody has asked how, as in a container
// without an init.
func zombie(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(data), ") ")
	return err == nil && strings.HasPrefix(state, "Z")
}

func TestForCmd(t *testing.T) {
	t.Parallel()
	if got := forCmd(`Anna's "iPhone" & calc | %PATH% !x! <a> ^b (work)`); got != "Anna's _iPhone_ _ calc _ _PATH_ _x_ _a_ _b (work)" {
		t.Errorf("got %s", got)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		5 * time.Minute: "5m", time.Hour: "1h", 90 * time.Minute: "1h30m", 3 * time.Second: "3s", time.Hour + 10*time.Second: "1h0m10s", 10 * time.Minute: "10m",
	} {
		if got := short(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
