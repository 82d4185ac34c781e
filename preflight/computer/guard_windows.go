package computer

import (
	"context"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"homeport/preflight"
)

func guard(_ context.Context, dir string) (preflight.Guard, error) {
	const own, policy = `SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\Controlled Folder Access`,
		`SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\Controlled Folder Access`
	var g folderGuard
	g.mode, _ = number(registry.LOCAL_MACHINE, own, "EnableControlledFolderAccess")
	if mode, set := number(registry.LOCAL_MACHINE, policy, "EnableControlledFolderAccess"); set {
		g.policy = &mode
	}
	for _, id := range []*windows.KNOWNFOLDERID{
		windows.FOLDERID_Documents, windows.FOLDERID_Pictures, windows.FOLDERID_Videos, windows.FOLDERID_Music,
		windows.FOLDERID_Desktop, windows.FOLDERID_Favorites, windows.FOLDERID_PublicDocuments, windows.FOLDERID_PublicPictures,
		windows.FOLDERID_PublicVideos, windows.FOLDERID_PublicMusic, windows.FOLDERID_PublicDesktop,
	} {
		if folder, err := windows.KnownFolderPath(id, 0); err == nil {
			g.folders = append(g.folders, folder)
		}
	}
	// The names of the values are the folders.
	g.folders = append(g.folders, valueNames(registry.LOCAL_MACHINE, own+`\ProtectedFolders`)...)
	g.folders = append(g.folders, valueNames(registry.LOCAL_MACHINE, policy+`\ProtectedFolders`)...)
	return g.guards(dir), nil
}
