package main

import (
	"os"
	"strings"

	"golang.org/x/sys/windows"
)

// pluggedDrives are the drives with a letter, but for the one that Windows is on, which
// holds the usual place, and those without room for anything, such as discs.
func pluggedDrives() []string {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	var list []string
	for letter := range 26 {
		root := string(rune('A'+letter)) + `:\`
		if mask&(1<<letter) == 0 || strings.EqualFold(root, os.Getenv("SystemDrive")+`\`) {
			continue
		}
		switch windows.GetDriveType(windows.StringToUTF16Ptr(root)) {
		case windows.DRIVE_FIXED, windows.DRIVE_REMOVABLE, windows.DRIVE_REMOTE:
			list = append(list, root)
		}
	}
	return list
}
