//go:build unix

package mobilebackup2

import (
	"syscall"
	"testing"
)

func makeFIFO(t testing.TB, path string) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Error(err)
	}
}
