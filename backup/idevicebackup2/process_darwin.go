package idevicebackup2

import (
	"syscall"
	"time"
)

// dieWithUs has nothing to set: the terminal's hang-up does it.
func dieWithUs(*syscall.SysProcAttr) {}

// worked is how much processor time the program has used; nobody can tell here.
func (c *child) worked() (used time.Duration, known bool) { return 0, false }
