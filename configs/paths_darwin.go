package configs

import "path/filepath"

// homeAllowed is what helps when the home folder is not known.
const homeAllowed = "an environment in which HOME is the full path of your home folder"

// pathsUnder follows Apple's layout of a user's Library.
func pathsUnder(home string, _ func(string) string) Paths {
	support := filepath.Join(home, "Library", "Application Support", "Homeport")
	return Paths{
		ConfigFile:  filepath.Join(support, "config.yaml"),
		StateDir:    filepath.Join(support, "State"),
		LogDir:      filepath.Join(home, "Library", "Logs", "Homeport"),
		Destination: filepath.Join(support, "Backups"),
	}
}
