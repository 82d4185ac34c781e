package idevicebackup2

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"homeport/cause"
)

// Tool is an installed idevicebackup2.
type Tool struct {
	Path    string
	Version string    // as it says itself: "1.3.0"
	ModTime time.Time // of the program's file, by which an update is noticed
}

// Find looks for the tool: at path when it is not empty, else in PATH and in the
// usual places of this system, and asks what it finds for its version. The causes
// of the errors are engine-missing, engine-not-idevicebackup2 (nothing there is
// the tool) and host-software-too-old (nothing there is 1.3.0 or later).
func Find(ctx context.Context, path string) (Tool, error) {
	if path != "" {
		if _, err := os.Stat(path); err != nil {
			return Tool{}, cause.New(cause.EngineMissing, cause.Evidence{"path": path, "where": "at " + path}, fmt.Errorf("find idevicebackup2: %w", err))
		}
		t, err := examine(ctx, path)
		if ctx.Err() != nil {
			return Tool{}, stopCause(ctx)
		}
		return t, err
	}
	var first error
	for _, candidate := range candidates() {
		t, err := examine(ctx, candidate)
		if err == nil {
			return t, nil
		}
		if ctx.Err() != nil {
			return Tool{}, stopCause(ctx)
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = cause.New(cause.EngineMissing, nil, errors.New("find idevicebackup2: not in PATH, nor in the usual places"))
	}
	return Tool{}, first
}

// candidates are the programs of that name that exist, the likeliest first. Names
// in PATH that are relative are left out.
func candidates() []string {
	var list []string
	add := func(dir string) {
		p := filepath.Join(dir, program)
		if !filepath.IsAbs(p) || slices.Contains(list, p) {
			return
		}
		if found, err := exec.LookPath(p); err == nil {
			list = append(list, found)
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		add(dir)
	}
	for _, dir := range places() {
		add(dir)
	}
	return list
}

// asking is how long the program may take to tell its version.
const asking = 10 * time.Second

var (
	versionLine = regexp.MustCompile(`^idevicebackup2 v?(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?(?:[-+.][0-9A-Za-z.+-]{1,64})?)$`)
	usageLine   = regexp.MustCompile(`^Usage: \S*idevicebackup2\S* \[OPTIONS\] CMD`)
)

// examine asks the program at path who it is. Anything can have that name.
func examine(ctx context.Context, path string) (Tool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return Tool{}, stranger(path, "it is no program")
	}
	out, err := ask(ctx, path, "--version")
	if err != nil {
		return Tool{}, stranger(path, err.Error())
	}
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	line = strings.TrimSpace(line)
	m := versionLine.FindStringSubmatch(line)
	switch {
	case m == nil && usageLine.MatchString(line):
		// Before 1.3.0 it did not know --version and printed its usage.
		return Tool{}, tooOld(path, "before 1.3.0")
	case m == nil:
		return Tool{}, stranger(path, fmt.Sprintf("it answers %q", clip(line)))
	case !atLeast(m[1], 1, 3):
		return Tool{}, tooOld(path, m[1])
	}
	return Tool{Path: path, Version: m[1], ModTime: info.ModTime()}, nil
}

func stranger(path, why string) error {
	return cause.New(cause.EngineNotIdevicebackup2, cause.Evidence{"path": path}, errors.New("look at "+path+": "+why))
}

func tooOld(path, version string) error {
	return cause.New(cause.HostSoftwareTooOld, cause.Evidence{"path": path, "program": "idevicebackup2", "version": version},
		fmt.Errorf("look at %s: version %s: %w", path, version, ErrTooOld))
}

// ErrTooOld is in the chain of an error that says that the tool does not speak
// this phone's version of the protocol, or is older than 1.3.0. The phone was not
// asked for a backup, nor the person for the passcode.
var ErrTooOld = errors.New("this idevicebackup2 is too old")

// ask runs the program with one argument, in nearly no environment, and returns
// the first of what it prints.
func ask(ctx context.Context, path, arg string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	var out head
	cmd := exec.CommandContext(ctx, path, arg)
	cmd.Env = bareEnvironment()
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	err := cmd.Run()
	if cmd.Process != nil {
		_ = killGroup(cmd.Process) // and what it has left behind
	}
	if ctx.Err() != nil {
		return "", errors.New("it does not answer --version")
	}
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return "", err
	}
	return string(out), nil
}

// head keeps the first 4 KiB that are written to it.
type head []byte

func (h *head) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), 4096-len(*h))]...)
	return len(p), nil
}

// atLeast compares the first two numbers of a version.
func atLeast(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	a, _ := strconv.Atoi(parts[0])
	b, _ := strconv.Atoi(strings.TrimRight(parts[1], "-+abcdefghijklmnopqrstuvwxyz"))
	return a > major || a == major && b >= minor
}

// clip shortens a text of foreign origin and takes the control characters out.
func clip(s string) string {
	const most = 120
	b := []byte(s[:min(len(s), most)])
	for i := range b {
		b[i] = printable(b[i])
	}
	return string(b)
}
