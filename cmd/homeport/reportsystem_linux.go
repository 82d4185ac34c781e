package main

import "golang.org/x/sys/unix"

// systemRelease is the distribution and the kernel; empty what cannot be read.
func systemRelease() (release, kernel string) {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		kernel = unix.ByteSliceToString(u.Release[:])
	}
	return prettyName("/etc/os-release"), kernel
}
