//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// shellCommand runs a line as the user's shell scripts do.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}

// inherited opens a descriptor that the parent has left open. It works on a copy:
// were the number one of the runtime's own, closing that would break it.
func inherited(fd int) (*os.File, error) {
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(own), "password"), nil
}

// dropCores makes sure that a crash leaves no image of the memory, from now until
// the process ends: a password may be in it.
func dropCores() {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}
