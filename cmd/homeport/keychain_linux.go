package main

import (
	"os"
	"path/filepath"
)

// hasKeychain looks for a session bus, without which the library would start a
// bus of its own, or wait for one.
func hasKeychain() bool {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return false
	}
	info, err := os.Stat(filepath.Join(dir, "bus"))
	return err == nil && info.Mode().Type() == os.ModeSocket
}
