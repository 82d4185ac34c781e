//go:build unix

package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// diskFull says whether a disk, or this user's part of it, is full.
func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
