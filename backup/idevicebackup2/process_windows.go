package idevicebackup2

import (
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// group is the job object that holds the program and what it starts. It ends them
// when it is closed, by us or by the system when we end.
type group struct{ job windows.Handle }

func (c *child) hold() error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return c.giveUp(err)
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		herr := c.cmd.Process.WithHandle(func(h uintptr) { err = windows.AssignProcessToJobObject(job, windows.Handle(h)) })
		if err == nil {
			err = herr
		}
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return c.giveUp(err)
	}
	c.group.job = job
	return nil
}

// giveUp ends a program that cannot be held.
func (c *child) giveUp(err error) error {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	return err
}

// signalGroup ends the job when force is set: a program without a console cannot
// be asked.
func (c *child) signalGroup(force bool) {
	if force {
		_ = windows.TerminateJobObject(c.group.job, 1)
	}
}

// endGroup ends what the program left behind.
func (c *child) endGroup() { _ = windows.CloseHandle(c.group.job) }

// ownGroup keeps a short-lived program from opening a window.
func ownGroup(cmd *exec.Cmd) { ownSession(cmd, false) }

func killGroup(p *os.Process) error { return p.Kill() }

// ownSession starts the program in a group of its own, without a window.
func ownSession(cmd *exec.Cmd, _ bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW, HideWindow: true}
}

// worked is how much processor time the program has used; nobody can tell here.
func (c *child) worked() (used time.Duration, known bool) { return 0, false }

// beyondLimit: a program has no such limit of its own here.
func beyondLimit(error) bool { return false }
