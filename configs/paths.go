package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"homeport/cause"
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
		return Paths{}, homeless("nothing says where this account's home folder is", err)
	}
	if !filepath.IsAbs(home) {
		return Paths{}, homeless("the home folder is not a full path: "+home, errors.New("not absolute"))
	}
	return pathsUnder(home, os.Getenv), nil
}

// homeless is the error of an environment without a home folder, as some services
// and cron jobs have it.
func homeless(reason string, err error) error {
	return cause.New(cause.ConfigInvalid, cause.Evidence{"reason": reason, "allowed": homeAllowed}, fmt.Errorf("find home folder: %w", err))
}

// folder returns the folder that an environment variable names, or the usual one
// when it is unset or no absolute path.
func folder(getenv func(string) string, name, usual string) string {
	if dir := getenv(name); filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return usual
}
