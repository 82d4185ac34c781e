//go:build !linux

package store

// fileSystem names the kind of file system that a folder is on.
func fileSystem(string) string { return "the system's" }
