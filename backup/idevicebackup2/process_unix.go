//go:build !windows

package idevicebackup2

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// group is the process group; its number is the program's.
type group struct{ number int }

func (c *child) hold() error {
	c.group.number = c.cmd.Process.Pid
	return nil
}

// signalGroup reaches the program and what it started. It is called while the
// program is not yet waited for, so that its number is still its own.
func (c *child) signalGroup(force bool) {
	sig := syscall.SIGTERM
	if force {
		sig = syscall.SIGKILL
	}
	_ = syscall.Kill(-c.group.number, sig)
}

// endGroup ends what the program left behind.
func (c *child) endGroup() { _ = syscall.Kill(-c.group.number, syscall.SIGKILL) }

// ownGroup puts a short-lived program into a group of its own.
func ownGroup(cmd *exec.Cmd) { ownSession(cmd, false) }

func killGroup(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }

// ownSession starts the program in a session of its own. With a terminal as its
// output, that is its controlling one: when we die, however, the system hangs it
// up and the program gets SIGHUP.
func ownSession(cmd *exec.Cmd, terminal bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if terminal {
		cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, 1
	}
	dieWithUs(cmd.SysProcAttr)
}

// beyondLimit reports whether a program was ended because it wrote a file longer than
// its limit (RLIMIT_FSIZE): nobody asks it, and a write that says so would be lost on
// the tool.
func beyondLimit(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGXFSZ
}
