package idevicebackup2

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// dieWithUs has the system end the program when we end without a chance to.
func dieWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }

// clockTick is the unit of times in /proc: USER_HZ, 100 on every Linux that there
// is.
const clockTick = 10 * time.Millisecond

// worked is how much processor time the program has used; known is false when
// nobody can tell, or when it waits for a disk, which is work too.
func (c *child) worked() (used time.Duration, known bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0, false
	}
	// The name, in parentheses, may hold anything; state is the field behind it.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 13 || string(fields[0]) == "D" {
		return 0, false
	}
	user, err1 := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * clockTick, err1 == nil && err2 == nil
}
