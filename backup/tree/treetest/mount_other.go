//go:build !linux

package treetest

import "testing"

// A Mount is a file system of the test's own, which only Linux lets a test have.
type Mount struct {
	Dir string
}

// NewMount skips the test.
func NewMount(t testing.TB, kind string, _ int64, _ string, _ ...string) *Mount {
	t.Helper()
	t.Skipf("mounting a %s of the test's own is for Linux", kind)
	return nil
}
