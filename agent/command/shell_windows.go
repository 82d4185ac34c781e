package command

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// Value makes a text from outside fit for the environment of a command, and for the line of a
// batch file that it comes into.
func Value(s string) string { return forCmd(Clean(s)) }

// shell runs a line as a batch file would, with its quotes as written and without a window.
func shell(line string) *exec.Cmd {
	cmd := exec.Command("cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CmdLine: `cmd.exe /d /s /c "` + line + `"`, HideWindow: true,
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW,
	}
	return cmd
}

// group is the job that holds a command with what it started.
type group struct{ job windows.Handle }

func start(cmd *exec.Cmd) (*group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		_ = windows.CloseHandle(job)
		return nil, err
	}
	herr := cmd.Process.WithHandle(func(h uintptr) { err = windows.AssignProcessToJobObject(job, windows.Handle(h)) })
	if err == nil {
		err = herr
	}
	if err != nil { // one that cannot be held could not be ended
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = windows.CloseHandle(job)
		return nil, err
	}
	return &group{job}, nil
}

// ask does nothing: a program without a console cannot be asked.
func (g *group) ask() {}

func (g *group) end() { _ = windows.TerminateJobObject(g.job, 1) }

func (g *group) close() { _ = windows.CloseHandle(g.job) }
