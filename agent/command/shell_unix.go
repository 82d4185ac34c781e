//go:build unix

package command

import (
	"os/exec"
	"syscall"
)

// Value makes a text from outside fit for the environment of a command.
func Value(s string) string { return Clean(s) }

// shell runs a line as scripts are run, in a group of its own.
func shell(line string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// group is a command with what it started.
type group struct{ number int }

func start(cmd *exec.Cmd) (*group, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &group{cmd.Process.Pid}, nil
}

func (g *group) ask() { _ = syscall.Kill(-g.number, syscall.SIGTERM) }

func (g *group) end() { _ = syscall.Kill(-g.number, syscall.SIGKILL) }

func (g *group) close() {}
