package configs

import "path/filepath"

// homeAllowed is what helps when the home folder is not known.
const homeAllowed = "an environment in which HOME is the full path of your home folder"

// pathsUnder follows the XDG base directories.
func pathsUnder(home string, getenv func(string) string) Paths {
	config := folder(getenv, "XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	state := folder(getenv, "XDG_STATE_HOME", filepath.Join(home, ".local", "state"))
	data := folder(getenv, "XDG_DATA_HOME", filepath.Join(home, ".local", "share"))
	return Paths{
		ConfigFile:  filepath.Join(config, "homeport", "config.yaml"),
		StateDir:    filepath.Join(state, "homeport"),
		LogDir:      filepath.Join(state, "homeport", "log"),
		Destination: filepath.Join(data, "homeport", "backups"),
	}
}
