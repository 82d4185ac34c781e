package main

import (
	"errors"

	"golang.org/x/sys/windows"
)

// brokenPipe reports whether nobody reads any more what is written.
func brokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
