package main

import (
	"os/exec"
	"slices"
	"strings"
)

// cmdWords are the commands that cmd.exe has itself.
var cmdWords = strings.Fields(`assoc call cd chdir cls copy date del dir echo endlocal erase exit for ftype goto if md mkdir
	mklink move path pause popd prompt pushd rd rem ren rename rmdir set setlocal shift start time title type ver verify vol`)

// isProgram looks where cmd.exe would.
func isProgram(name string) bool {
	if slices.Contains(cmdWords, strings.ToLower(name)) {
		return true
	}
	_, err := exec.LookPath(name)
	return err == nil
}
