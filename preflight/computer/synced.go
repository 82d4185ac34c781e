package computer

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// syncRoot is a folder that a service keeps in sync, with all that is below it.
type syncRoot struct{ path, service string }

const (
	maxSyncFile  = 1 << 20 // bytes of a settings file that are read
	maxSyncRoots = 1000
)

// serviceOf names the service whose folder holds dir, the innermost first; "" when
// none does.
func serviceOf(dir string, roots []syncRoot) string {
	best, service := 0, ""
	dir = uniform(dir)
	for _, r := range roots[:min(len(roots), maxSyncRoots)] {
		root := uniform(r.path)
		// A root of a whole drive would be a mistake of whoever wrote it down.
		if len(root) > len("c:/") && holds(root, dir) && len(root) > best {
			best, service = len(root), r.service
		}
	}
	return service
}

// uniform writes a path so that the same folder looks the same: Windows does
// not tell cases and slashes apart.
func uniform(path string) string {
	path = strings.TrimSpace(path)
	if root(path) != "" {
		path = strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(path, `\\?\`), `\`, "/"))
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}

// rootsOfDropbox reads Dropbox's info.json:
//
//	{"personal": {"path": "/home/anna/Dropbox", "host": 1, "is_team": false}}
func rootsOfDropbox(data []byte) []syncRoot {
	var accounts map[string]struct {
		Path string `json:"path"`
	}
	if json.Unmarshal(data, &accounts) != nil {
		return nil
	}
	var list []syncRoot
	for _, a := range accounts {
		if a.Path != "" {
			list = append(list, syncRoot{a.Path, "Dropbox"})
		}
	}
	return list
}

// rootsOfNextcloud reads nextcloud.cfg or owncloud.cfg, in the format of Qt's
// settings:
//
//	0\Folders\1\localPath=/home/anna/Nextcloud/
//	0\FoldersWithPlaceholders\1\localPath=C:/Users/anna/Nextcloud/
func rootsOfNextcloud(text, service string) []syncRoot {
	var list []syncRoot
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if !strings.HasSuffix(key, `\localPath`) || len(list) == maxSyncRoots {
			continue
		}
		if value = strings.Trim(value, `"`); value != "" {
			list = append(list, syncRoot{strings.ReplaceAll(value, `\\`, `\`), service})
		}
	}
	return list
}

// rootsOfSyncthing reads Syncthing's config.xml: <folder id="…" path="/home/anna/Sync" …>.
// A path may begin with "~".
func rootsOfSyncthing(data []byte, home string) []syncRoot {
	var list []syncRoot
	for dec := xml.NewDecoder(strings.NewReader(string(data))); ; {
		token, err := dec.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return nil
			}
			return list
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "folder" || len(list) == maxSyncRoots {
			continue
		}
		for _, a := range e.Attr {
			if a.Name.Local == "path" && a.Value != "" && a.Value != "~" {
				if rest, ok := strings.CutPrefix(a.Value, "~/"); ok {
					a.Value = home + "/" + rest
				}
				list = append(list, syncRoot{a.Value, "Syncthing"})
			}
		}
	}
}

// providers are the programs behind a synced folder, by a part of the name under
// which they registered it, in lower case.
var providers = []struct{ part, service string }{
	{"clouddocs", "iCloud Drive"}, {"icloud", "iCloud Drive"}, {"onedrive", "OneDrive"}, {"sharepoint", "OneDrive"}, {"dropbox", "Dropbox"},
	{"drivefs", "Google Drive"}, {"google", "Google Drive"}, {"nextcloud", "Nextcloud"}, {"owncloud", "ownCloud"},
	{"pcloud", "pCloud"}, {"box", "Box"},
}

// providerOf names the service in macOS's attribute com.apple.file-provider-domain-id
// ("com.apple.CloudDocs.iCloudDriveFileProvider/2D7E…") or in the name of one of
// Windows' sync roots ("OneDrive!S-1-5-21-1!Personal").
func providerOf(id string) string {
	if id == "" {
		return ""
	}
	id = strings.ToLower(id)
	for _, p := range providers {
		if strings.Contains(id, p.part) {
			return p.service
		}
	}
	return "a cloud service"
}
