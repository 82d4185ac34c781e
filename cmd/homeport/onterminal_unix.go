//go:build unix

package main

import (
	"os"
	"syscall"
)

// onTerminal says that this process belongs to a terminal that is still there.
func onTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}
