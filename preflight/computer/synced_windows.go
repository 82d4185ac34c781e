package computer

import (
	"context"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func synced(_ context.Context, dir string) (string, error) {
	list := registeredRoots()
	for _, base := range []string{os.Getenv("LOCALAPPDATA"), os.Getenv("APPDATA")} {
		if base == "" {
			continue
		}
		tree := os.DirFS(base)
		if data, err := readSome(tree, "Dropbox/info.json", maxSyncFile); err == nil {
			list = append(list, rootsOfDropbox(data)...)
		}
		if data, err := readSome(tree, "Nextcloud/nextcloud.cfg", maxSyncFile); err == nil {
			list = append(list, rootsOfNextcloud(string(data), "Nextcloud")...)
		}
		if data, err := readSome(tree, "ownCloud/owncloud.cfg", maxSyncFile); err == nil {
			list = append(list, rootsOfNextcloud(string(data), "ownCloud")...)
		}
		if data, err := readSome(tree, "Syncthing/config.xml", maxSyncFile); err == nil {
			list = append(list, rootsOfSyncthing(data, filepath.ToSlash(os.Getenv("USERPROFILE")))...)
		}
	}
	return serviceOf(dir, list), nil
}

// registeredRoots reads what programs told Windows: the sync roots of its cloud
// files, and the folders of OneDrive's accounts and of shared libraries. The
// environment's OneDrive is not asked: it is set for accounts that never signed in.
func registeredRoots() []syncRoot {
	var list []syncRoot
	me := ""
	if token, err := windows.GetCurrentProcessToken().GetTokenUser(); err == nil {
		me = token.User.Sid.String()
	}
	const roots = `SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SyncRootManager`
	for _, name := range subKeys(registry.LOCAL_MACHINE, roots) {
		if folder := text(registry.LOCAL_MACHINE, roots+`\`+name+`\UserSyncRoots`, me); folder != "" {
			list = append(list, syncRoot{folder, providerOf(name)})
		}
	}
	for _, place := range []struct{ key, value string }{
		{`Software\Microsoft\OneDrive\Accounts`, "UserFolder"},
		{`Software\SyncEngines\Providers\OneDrive`, "MountPoint"},
	} {
		for _, name := range subKeys(registry.CURRENT_USER, place.key) {
			if folder := text(registry.CURRENT_USER, place.key+`\`+name, place.value); folder != "" {
				list = append(list, syncRoot{folder, "OneDrive"})
			}
		}
	}
	return list
}
