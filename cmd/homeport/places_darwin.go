package main

// pluggedDrives are the folders where macOS mounts drives.
func pluggedDrives() []string { return globFolders("/Volumes/*") }
