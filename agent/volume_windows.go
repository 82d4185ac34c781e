package agent

import (
	"path/filepath"
	"strings"
)

// volumeOf names the volume that a folder is on: its drive letter or its share.
func volumeOf(path string) string {
	if v := filepath.VolumeName(path); v != "" {
		return strings.ToLower(v)
	}
	return path
}
