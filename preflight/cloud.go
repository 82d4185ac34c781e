package preflight

import (
	"context"
	"path/filepath"
	"strings"

	"homeport/cause"
)

// cloud looks for the folders that sync services keep.
// What such a service says about itself counts before the name of a folder.
func (t *target) cloud(ctx context.Context) Finding {
	paths := []string{t.dir}
	if real, err := filepath.EvalSymlinks(t.dir); err == nil && real != t.dir {
		paths = append(paths, real)
	}
	for _, p := range paths {
		service := t.synced(ctx, p)
		if service == "" {
			service = cloudService(p)
		}
		if service != "" {
			return told(Warn, cause.DestinationInCloudFolder, cause.Evidence{"path": t.dir, "service": service})
		}
	}
	return passed(nil)
}

// cloudFolders are the names of synced folders, in lower case. A name may go on
// after a space or a dash: "OneDrive - Contoso", "GoogleDrive-anna@example.com".
var cloudFolders = []struct{ name, service string }{
	{"onedrive", "OneDrive"}, {"dropbox", "Dropbox"}, {"icloud drive", "iCloud Drive"}, {"iclouddrive", "iCloud Drive"},
	{"mobile documents", "iCloud Drive"}, {"com~apple~clouddocs", "iCloud Drive"}, {"google drive", "Google Drive"},
	{"googledrive", "Google Drive"}, {"my drive", "Google Drive"}, {"nextcloud", "Nextcloud"}, {"owncloud", "ownCloud"}, {"pclouddrive", "pCloud"},
	{"box sync", "Box"}, {"cloudstorage", "a cloud service"},
}

func cloudService(path string) string {
	service := ""
	for _, part := range strings.FieldsFunc(strings.ToLower(path), func(r rune) bool { return r == '/' || r == '\\' }) {
		for _, c := range cloudFolders {
			rest, found := strings.CutPrefix(part, c.name)
			if found && (rest == "" || rest[0] == ' ' || rest[0] == '-') {
				service = c.service
			}
		}
	}
	return service
}

func (t *target) synced(ctx context.Context, dir string) string {
	if t.computer.Synced == nil {
		return ""
	}
	service, err := t.computer.Synced(ctx, dir)
	if err != nil {
		return ""
	}
	return service
}
