package main

// applePlaces are the folders in which Apple's programs keep backups: there are no such
// programs for Linux.
func applePlaces(string) []string { return nil }
