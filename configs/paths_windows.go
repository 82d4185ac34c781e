package configs

import "path/filepath"

// homeAllowed is what helps when the home folder is not known.
const homeAllowed = "an environment in which USERPROFILE is the full path of your home folder"

// pathsUnder keeps the settings in the roaming profile and everything large on
// this computer.
func pathsUnder(home string, getenv func(string) string) Paths {
	roaming := folder(getenv, "APPDATA", filepath.Join(home, "AppData", "Roaming"))
	local := folder(getenv, "LOCALAPPDATA", filepath.Join(home, "AppData", "Local"))
	return Paths{
		ConfigFile:  filepath.Join(roaming, "Homeport", "config.yaml"),
		StateDir:    filepath.Join(local, "Homeport", "State"),
		LogDir:      filepath.Join(local, "Homeport", "logs"),
		Destination: filepath.Join(local, "Homeport", "Backups"),
	}
}
