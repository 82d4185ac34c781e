package idevicebackup2

import (
	"os"
	"path/filepath"
)

// program is the tool's name as a file.
const program = "idevicebackup2.exe"

// places are where the tool usually is: the folder of the usual builds, MSYS2,
// Scoop and Chocolatey.
func places() []string {
	list := []string{`C:\msys64\mingw64\bin`, `C:\msys64\ucrt64\bin`}
	for _, p := range []struct{ base, rest string }{
		{"ProgramFiles", "libimobiledevice"}, {"ProgramFiles", "imobiledevice-net"}, {"ProgramFiles(x86)", "libimobiledevice"},
		{"LOCALAPPDATA", `Programs\libimobiledevice`}, {"USERPROFILE", `scoop\shims`}, {"ChocolateyInstall", "bin"},
	} {
		if base := os.Getenv(p.base); base != "" {
			list = append(list, filepath.Join(base, p.rest))
		}
	}
	return list
}
