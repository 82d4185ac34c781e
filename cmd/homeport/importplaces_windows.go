package main

import (
	"os"
	"path/filepath"
)

// applePlaces are the folders in which Apple's programs keep backups: iTunes from
// apple.com, and iTunes and Apple Devices from the Store.
func applePlaces(home string) []string {
	roaming := os.Getenv("APPDATA")
	if roaming == "" {
		roaming = filepath.Join(home, "AppData", "Roaming")
	}
	return []string{
		filepath.Join(roaming, "Apple Computer", "MobileSync", "Backup"),
		filepath.Join(home, "Apple", "MobileSync", "Backup"),
	}
}
