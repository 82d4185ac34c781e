package main

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// systemRelease is the version of Windows; it has no other kernel.
func systemRelease() (release, kernel string) {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("%d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber), ""
}
