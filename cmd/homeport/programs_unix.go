//go:build unix

package main

import "os/exec"

// isProgram asks the shell that will run it, which knows words of its own.
func isProgram(name string) bool {
	return exec.Command("/bin/sh", "-c", `command -v -- "$1" >/dev/null 2>&1`, "sh", name).Run() == nil
}
