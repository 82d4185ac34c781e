package idevicebackup2

import "syscall"

// dieWithUs has the system end the program when we end without a chance to.
func dieWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
