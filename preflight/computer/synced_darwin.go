package computer

import (
	"context"
	"path"

	"golang.org/x/sys/unix"
)

// synced looks for the attribute that macOS puts on the top folder of a provider:
// on a folder of ~/Library/CloudStorage, and on Desktop and Documents while they
// are kept in iCloud.
func synced(ctx context.Context, dir string) (string, error) {
	value := make([]byte, 4096)
	for at := path.Clean(dir); at != "/" && at != "." && ctx.Err() == nil; at = path.Dir(at) {
		if n, err := unix.Getxattr(at, "com.apple.file-provider-domain-id", value); err == nil && n > 0 {
			return providerOf(string(value[:n])), nil
		}
	}
	return serviceOf(dir, rootsInHome("Library/Preferences/Nextcloud/nextcloud.cfg", "Library/Preferences/ownCloud/owncloud.cfg",
		"Library/Application Support/Syncthing/config.xml")), nil
}
