package main

import (
	"bufio"
	"io"
	"os"
	"runtime"
	"strings"
)

// systemFacts are the system and its version, and nothing of whose it is.
func systemFacts() any {
	facts := map[string]any{"os": runtime.GOOS, "arch": runtime.GOARCH, "processors": runtime.NumCPU()}
	release, kernel := systemRelease()
	if release != "" {
		facts["release"] = release
	}
	if kernel != "" {
		facts["kernel"] = kernel
	}
	return facts
}

// mostRelease bounds what is read of a file that names a system, in bytes.
const mostRelease = 16 << 10

// prettyName is the system's name in a file of os-release's form, KEY="value" lines;
// empty when there is none.
func prettyName(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(io.LimitReader(f, mostRelease)); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
			return clean(strings.Trim(name, `"'`))
		}
	}
	return ""
}
