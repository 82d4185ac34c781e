package configs

import "path/filepath"

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
