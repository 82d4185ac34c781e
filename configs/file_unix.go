//go:build unix

package configs

import (
	"errors"
	"os"
	"syscall"
)

// openFile opens without waiting for the other end of a pipe.
func openFile(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// unopenable knows the answer of what cannot be opened at all, such as a socket.
func unopenable(err error) bool {
	return errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.EOPNOTSUPP)
}

func circular(err error) bool { return errors.Is(err, syscall.ELOOP) }
