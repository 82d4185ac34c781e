package preflight

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"howett.net/plist"

	"homeport/cause"
)

// folder writes a small backup folder and returns the folder above it.
func folder(t *testing.T) (dir, inside string) {
	t.Helper()
	dir = t.TempDir()
	inside = filepath.Join(dir, udid)
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, inside, "Info.plist", map[string]any{"Target Identifier": udid, "Unique Identifier": udid})
	put(t, inside, "Status.plist", map[string]any{"SnapshotState": "finished", "BackupState": "new", "IsFullBackup": true, "Version": "3.3", "UUID": "x"})
	put(t, inside, "Manifest.plist", map[string]any{"Version": "10.0", "IsEncrypted": false})
	if err := os.WriteFile(filepath.Join(inside, "Manifest.db"), append([]byte("SQLite format 3\x00"), make([]byte, 4080)...), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, inside
}

func put(t *testing.T, dir, name string, v any) {
	t.Helper()
	data, err := plist.Marshal(v, plist.XMLFormat)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCheckFolder(t *testing.T) {
	t.Parallel()
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, inside string) {
			if err := os.RemoveAll(filepath.Join(inside, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, inside string) {
			if err := os.WriteFile(filepath.Join(inside, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		spoil  func(*testing.T, string)
		want   cause.ID
		reason string
	}{
		{"sound", func(*testing.T, string) {}, "", ""},
		{"gone", func(t *testing.T, inside string) {
			if err := os.RemoveAll(inside); err != nil {
				t.Fatal(err)
			}
		}, cause.PreviousBackupCorrupt, "is missing"},
		{"no status", remove("Status.plist"), cause.PreviousBackupCorrupt, "Status.plist is missing"},
		{"empty status", fill("Status.plist", ""), cause.PreviousBackupCorrupt, "Status.plist is empty"},
		{"torn status", fill("Status.plist", "<plist><dict><key>Snap"), cause.PreviousBackupCorrupt, "Status.plist is damaged"},
		{"not finished", func(t *testing.T, inside string) {
			put(t, inside, "Status.plist", map[string]any{"SnapshotState": "uploading", "BackupState": "new"})
		}, cause.PreviousBackupCorrupt, "the iPhone had not finished it"},
		{"no manifest", remove("Manifest.plist"), cause.PreviousBackupCorrupt, "Manifest.plist is missing"},
		{"no database", remove("Manifest.db"), cause.PreviousBackupCorrupt, "Manifest.db is missing"},
		{"empty database", fill("Manifest.db", ""), cause.PreviousBackupCorrupt, "Manifest.db is empty"},
		{"no info", remove("Info.plist"), cause.PreviousBackupCorrupt, "Info.plist is missing"},
		{"another phone's", func(t *testing.T, inside string) {
			put(t, inside, "Info.plist", map[string]any{"Target Identifier": otherUDID})
		}, cause.PreviousBackupOtherDevice, ""},
	}
	for _, tt := range tests {
		dir, inside := folder(t)
		tt.spoil(t, inside)
		err := CheckFolder(dir, udid)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		id, _ := cause.Of(err)
		reason, _ := cause.From(err).Evidence["reason"].(string)
		if id != tt.want || !strings.Contains(reason, tt.reason) {
			t.Errorf("%s: %s, reason %q: %v", tt.name, id, reason, err)
		}
	}
}
