package idevicebackup2

import "syscall"

// dieWithUs has nothing to set: the terminal's hang-up does it.
func dieWithUs(*syscall.SysProcAttr) {}
