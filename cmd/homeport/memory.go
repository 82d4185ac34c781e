package main

import (
	"os"
	"runtime/debug"
)

// gcPercent makes the collector run early. A backup of 100,000 files holds about
// 28 MB; with the usual 100 % a background program would take three times that
// for a few tenths of a second less.
const gcPercent = 30

// staySmall keeps the memory of a background program small, unless the user has
// set the collector up.
func staySmall() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
