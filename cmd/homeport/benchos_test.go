//go:build !windows

package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// syncAll waits until everything that was written is on the disk.
func syncAll() { _ = exec.Command("sync").Run() }

// peakRSS is the largest memory of an ended process, in bytes.
func peakRSS(p *os.ProcessState) int64 {
	usage := p.SysUsage().(*syscall.Rusage)
	if runtime.GOOS == "darwin" {
		return usage.Maxrss
	}
	return usage.Maxrss * 1024
}
