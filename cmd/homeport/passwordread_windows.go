package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// shellCommand runs a line as a batch file would, with its quotes as written.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + line + `"`}
	return cmd
}

// inherited refuses: Windows hands down handles and no descriptors but the three
// usual ones.
func inherited(int) (*os.File, error) {
	return nil, errors.New("on Windows only 0, the standard input, can be used")
}

// dropCores does nothing: Windows writes no image of a process that did not ask
// for it.
func dropCores() {}
