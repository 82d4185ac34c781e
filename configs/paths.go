package configs

import (
	"fmt"
	"os"
	"path/filepath"
)

// Paths says where things live for the user who runs Homeport. All are absolute.
type Paths struct {
	ConfigFile  string // the settings
	StateDir    string // what Homeport remembers: history, partial results, the control socket
	LogDir      string
	Destination string // where backups go when nothing else is said
}

// SystemPaths returns the usual places of this system for the current user.
func SystemPaths() (Paths, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Paths{}, fmt.Errorf("find home folder: %w", err)
	}
	if !filepath.IsAbs(home) {
		return Paths{}, fmt.Errorf("find home folder: %q is no absolute path", home)
	}
	return pathsUnder(home, os.Getenv), nil
}

// folder returns the folder that an environment variable names, or the usual one
// when it is unset or no absolute path.
func folder(getenv func(string) string, name, usual string) string {
	if dir := getenv(name); filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return usual
}
