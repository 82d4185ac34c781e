package usbmux

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

const (
	kmsgPath    = "/dev/kmsg"
	maxRecords  = 50_000
	maxRecord   = 8 << 10 // the kernel's own limit
	maxJournal  = 1 << 20
	journalWait = 1500 * time.Millisecond
)

func portTroubles(ctx context.Context) ([]PortTrouble, error) {
	lines, err := readKmsg(ctx, kmsgPath)
	if err != nil {
		lines = readJournal(ctx)
	}
	return troublesOf(os.DirFS(sysfsRoot), lines, monotonic()), nil
}

// readKmsg reads what the kernel still holds of its messages, without waiting for
// more. Most accounts may not.
func readKmsg(ctx context.Context, path string) ([]logLine, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var lines []logLine
	buf := make([]byte, maxRecord)
	for range maxRecords {
		if ctx.Err() != nil {
			break
		}
		n, err := unix.Read(fd, buf)
		if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.EINTR) {
			continue // some were overwritten; the next read goes on with the oldest
		}
		if err != nil || n <= 0 {
			break // EAGAIN: no more
		}
		if l, ok := parseKmsg(string(buf[:n])); ok && isUSB(l.text) {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

func isUSB(text string) bool {
	_, _, ok := portOf(text)
	return ok
}

// readJournal asks the journal, which shows the kernel's messages to the members
// of a few groups. What it does not show is nothing.
func readJournal(ctx context.Context) []logLine {
	tool, err := exec.LookPath("journalctl")
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, journalWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, "--dmesg", "--quiet", "--no-pager", "--since=-5min", "--lines=2000", "--output=short-monotonic")
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = 200 * time.Millisecond
	out := &cappedBuffer{most: maxJournal}
	cmd.Stdout = out
	if cmd.Run() != nil {
		return nil
	}
	var lines []logLine
	for scan := bufio.NewScanner(bytes.NewReader(out.buf.Bytes())); scan.Scan(); {
		if l, ok := parseMonotonic(scan.Text()); ok && isUSB(l.text) {
			lines = append(lines, l)
		}
	}
	return lines
}

// monotonic is the clock of the kernel's messages.
func monotonic() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
