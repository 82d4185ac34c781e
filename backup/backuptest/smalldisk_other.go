//go:build !linux

package backuptest

import "testing"

// smallDisk is for Linux only.
func smallDisk(t testing.TB, _ int64) string {
	t.Helper()
	t.Skip("a small disk is mounted on Linux only")
	return ""
}
