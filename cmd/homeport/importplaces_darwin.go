package main

import "path/filepath"

// applePlaces are the folders in which Apple's programs keep backups.
func applePlaces(home string) []string {
	return []string{filepath.Join(home, "Library", "Application Support", "MobileSync", "Backup")}
}
