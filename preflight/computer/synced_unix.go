//go:build unix

package computer

import (
	"os"
	"path"
	"strings"
)

// rootsInHome reads Dropbox's settings, and those of these programs, in the home
// folder.
func rootsInHome(files ...string) []syncRoot {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	return rootsBelow(home, files...)
}

func rootsBelow(home string, files ...string) []syncRoot {
	tree := os.DirFS(home)
	var list []syncRoot
	if data, err := readSome(tree, ".dropbox/info.json", maxSyncFile); err == nil {
		list = rootsOfDropbox(data)
	}
	for _, name := range files {
		data, err := readSome(tree, name, maxSyncFile)
		switch base := path.Base(name); {
		case err != nil:
		case base == "nextcloud.cfg":
			list = append(list, rootsOfNextcloud(string(data), "Nextcloud")...)
		case base == "owncloud.cfg":
			list = append(list, rootsOfNextcloud(string(data), "ownCloud")...)
		case strings.HasSuffix(base, ".xml"):
			list = append(list, rootsOfSyncthing(data, home)...)
		}
	}
	return list
}
