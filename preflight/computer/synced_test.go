package computer

import "testing"

// captureHome are the sync programs of testdata/home.
func captureHome(t *testing.T) []syncRoot {
	t.Helper()
	list := rootsOfDropbox([]byte(capture(t, "home/.dropbox/info.json")))
	list = append(list, rootsOfNextcloud(capture(t, "home/.config/Nextcloud/nextcloud.cfg"), "Nextcloud")...)
	return append(list, rootsOfSyncthing([]byte(capture(t, "home/.local/state/syncthing/config.xml")), "/home/anna")...)
}

func TestServiceOf(t *testing.T) {
	t.Parallel()
	roots := append(captureHome(t),
		syncRoot{`C:\Users\anna\OneDrive - Contoso`, "OneDrive"}, syncRoot{`C:\Users\anna\Contoso\Team - Documents`, "OneDrive"},
		syncRoot{`C:\`, "a mistake"}, syncRoot{"/", "a mistake"}, syncRoot{"", "a mistake"}, syncRoot{"/data/dbx/inner", "Syncthing"})
	for dir, want := range map[string]string{
		"/data/dbx/b":              "Dropbox",
		"/data/dbx/inner/b":        "Syncthing",
		"/data/Contoso Dropbox":    "Dropbox",
		"/data/dbxother":           "",
		"/home/anna/cloud/backups": "Nextcloud",
		"/home/anna/My Notes/b":    "Nextcloud",
		"/home/anna/Shared/b":      "Syncthing",
		"/srv/photos":              "Syncthing",
		"/home/anna/b":             "",
		`c:\users\ANNA\onedrive - contoso\Documents\b`: "OneDrive",
		`C:/Users/anna/Contoso/Team - Documents/b`:     "OneDrive",
		`C:\Users\anna\nc\b`:                           "Nextcloud",
		`\\?\C:\Users\anna\NC\b`:                       "Nextcloud",
		`C:\Users\anna\AppData\Local\Homeport\Backups`: "",
		"": "",
	} {
		if got := serviceOf(dir, roots); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
}

func TestProviderOf(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"com.apple.CloudDocs.iCloudDriveFileProvider/2D7E9C0A-0000": "iCloud Drive",
		"com.google.drivefs.fpext/1":                                "Google Drive",
		"com.microsoft.OneDrive-mac.FileProvider/A":                 "OneDrive",
		"com.getdropbox.dropbox.fileprovider/B":                     "Dropbox",
		"com.example.thing/C":                                       "a cloud service",
		"OneDrive!S-1-5-21-1-2-3-1001!Personal|0":                   "OneDrive",
		"Nextcloud!S-1-5-21-1-2-3-1001!https://cloud":               "Nextcloud",
		"": "",
	} {
		if got := providerOf(id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

// FuzzSyncRoots feeds settings of programs that nobody checked.
func FuzzSyncRoots(f *testing.F) {
	for _, name := range []string{"home/.dropbox/info.json", "home/.config/Nextcloud/nextcloud.cfg", "home/.local/state/syncthing/config.xml"} {
		f.Add([]byte(capture(f, name)), "/data/dbx/b")
	}
	f.Fuzz(func(t *testing.T, data []byte, dir string) {
		roots := append(rootsOfDropbox(data), rootsOfNextcloud(string(data), "Nextcloud")...)
		roots = append(roots, rootsOfSyncthing(data, "/home/anna")...)
		if service := serviceOf(dir, roots); service != "" && len(roots) == 0 {
			t.Errorf("%q is kept by %s", dir, service)
		}
	})
}

func TestFolderGuard(t *testing.T) {
	t.Parallel()
	mode := func(n uint64) *uint64 { return &n }
	folders := []string{`C:\Users\anna\Documents`, `D:\Safe\`, `C:\`}
	for _, tt := range []struct {
		guard folderGuard
		dir   string
		want  bool
	}{
		{folderGuard{mode: 1, folders: folders}, `C:\Users\anna\Documents\Backups`, true},
		{folderGuard{mode: 1, folders: folders}, `d:\safe`, true},
		{folderGuard{mode: 1, folders: folders}, `C:\Users\anna\AppData\Local\Homeport\Backups`, false},
		{folderGuard{mode: 1, folders: folders}, `C:\Users\anna\Documents2`, false},
		{folderGuard{mode: 0, folders: folders}, `D:\Safe\b`, false},
		{folderGuard{mode: 2, folders: folders}, `D:\Safe\b`, false}, // only tells
		{folderGuard{mode: 3, folders: folders}, `D:\Safe\b`, false}, // the disk's sectors
		{folderGuard{mode: 1, policy: mode(0), folders: folders}, `D:\Safe\b`, false},
		{folderGuard{mode: 0, policy: mode(1), folders: folders}, `D:\Safe\b`, true},
		{folderGuard{mode: 1}, `D:\Safe\b`, false},
	} {
		if got := tt.guard.guards(tt.dir).Name != ""; got != tt.want {
			t.Errorf("%+v guards %s: %v", tt.guard, tt.dir, got)
		}
	}
}

func TestPrivacyGuard(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]bool{
		"/Users/anna/Library/Application Support/MobileSync/Backup": true,
		"/Users/anna/Library/Application Support/MobileSync":        true,
		"/Users/anna/library/application support/mobilesync/backup": true,
		"/Users/anna/Library/Application Support/Homeport/Backups":  false,
		"/Users/anna/Library/Application Support/MobileSyncOther":   false,
		"/Users/ben/Library/Application Support/MobileSync/Backup":  false,
		"/Volumes/Backups/MobileSync":                               false,
	} {
		if got := privacyGuard("/Users/anna", dir); got.Privacy != want || (got.Name != "") != want {
			t.Errorf("%s: %+v", dir, got)
		}
	}
}
