package main

import "golang.org/x/sys/unix"

// systemRelease is the version of macOS and of its kernel; empty what cannot be
// read.
func systemRelease() (release, kernel string) {
	release, _ = unix.Sysctl("kern.osproductversion")
	kernel, _ = unix.Sysctl("kern.osrelease")
	return release, kernel
}
