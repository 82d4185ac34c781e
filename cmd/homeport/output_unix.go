//go:build unix

package main

import (
	"errors"
	"syscall"
)

// brokenPipe reports whether nobody reads any more what is written.
func brokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
