package main

// pluggedDrives are the folders where desktops and administrators mount drives.
func pluggedDrives() []string {
	return globFolders("/media/*", "/media/*/*", "/run/media/*/*", "/mnt", "/mnt/*", "/srv", "/data", "/backup", "/backups")
}
