package computer

import (
	"os"
	"path/filepath"
	"testing"

	"homeport/cause"
	"homeport/preflight"
)

// TestSyncedHome reads the settings of sync programs in a home folder: their
// folders have names of which nobody would know.
func TestSyncedHome(t *testing.T) {
	t.Parallel()
	home, err := filepath.Abs("testdata/home")
	if err != nil {
		t.Fatal(err)
	}
	roots := rootsBelow(home, ".config/Nextcloud/nextcloud.cfg", ".config/ownCloud/owncloud.cfg", ".local/state/syncthing/config.xml")
	for dir, want := range map[string]string{
		"/data/dbx/b": "Dropbox", "/home/anna/cloud/b": "Nextcloud", filepath.Join(home, "Shared", "b"): "Syncthing", "/home/anna/b": "",
	} {
		if got := serviceOf(dir, roots); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
	if got, err := synced(t.Context(), t.TempDir()); got != "" || err != nil {
		t.Errorf("a folder for a test: %q, %v", got, err)
	}
}

// TestSyncedDestination has such a folder as the destination.
func TestSyncedDestination(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "innocent", "b")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(home, ".dropbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	info := `{"personal": {"path": "` + filepath.Join(home, "innocent") + `"}}`
	if err := os.WriteFile(filepath.Join(home, ".dropbox", "info.json"), []byte(info), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	got := failures(t, dir, 0)
	if len(got) != 1 || got[0].Cause != cause.DestinationInCloudFolder || got[0].Status != preflight.Warn || got[0].Evidence["service"] != "Dropbox" {
		t.Errorf("got %+v", got)
	}
}
