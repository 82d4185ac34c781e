package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"homeport/backup/store"
	"homeport/cause"
)

// What is there, or has the form of a path, is a folder; the rest is a phone.
func TestImportArgs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	for _, tt := range []struct {
		args          []string
		folder, phone string
		wrong         bool
	}{
		{nil, "", "", false},
		{[]string{dir}, dir, "", false},
		{[]string{missing}, missing, "", false},
		{[]string{"Anna's iPhone"}, "", "Anna's iPhone", false},
		{[]string{"Anna", dir}, dir, "Anna", false},
		{[]string{dir, "Anna"}, dir, "Anna", false},
		{[]string{"Anna", "Ben"}, "", "", true},
	} {
		folder, phone, err := importArgs(tt.args)
		if folder != tt.folder || phone != tt.phone || (err != nil) != tt.wrong {
			t.Errorf("%q: folder %q, phone %q, %v", tt.args, folder, phone, err)
		}
	}
}

// A path that is told to be typed does nothing but name a folder, in any shell.
func TestQuoted(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/home/anna/My backups (old)/x": `"/home/anna/My backups (old)/x"`,
		"/a/$(reboot)":                  "FOLDER",
		"/a/`reboot`":                   "FOLDER",
		`/a/"; reboot; "`:               "FOLDER",
		"/a/!!":                         "FOLDER",
		"/a/%PATH%":                     "FOLDER",
		"/a/\nreboot\n":                 "FOLDER",
		"/a/\x1b[31m":                   "FOLDER",
	} {
		if got := quoted(path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}

// One backup is imported at a time, and the one that is meant.
func TestChooseBackup(t *testing.T) {
	t.Parallel()
	anna := foundBackup{Source: store.Source{Path: "/a", UDID: "00008120-000A1B2C3D4E5F60", Device: "Anna's iPhone"}}
	ben := foundBackup{Source: store.Source{Path: "/b", UDID: "00008130-000B2C3D4E5F6071", Device: "Ben's iPhone"}}
	archived := anna
	archived.Path = "/a-20240301-101530"
	for _, tt := range []struct {
		found []foundBackup
		phone string
		path  string
		exit  int
	}{
		{[]foundBackup{anna}, "", "/a", 0},
		{[]foundBackup{anna, ben}, "ben's IPHONE", "/b", 0},
		{[]foundBackup{anna, ben}, "8130", "/b", 0},
		{[]foundBackup{anna, ben}, "", "", cause.ExitUsage},
		{[]foundBackup{anna, archived, ben}, "Anna's iPhone", "", cause.ExitUsage},
		{[]foundBackup{anna, ben}, "Cleo", "", cause.ExitNoSuch},
	} {
		got, err := chooseBackup(tt.found, tt.phone, []string{"/"})
		if got.Path != tt.path || err == nil != (tt.exit == 0) || err != nil && exitCode(t.Context(), err) != tt.exit {
			t.Errorf("%q of %d: %q, %v", tt.phone, len(tt.found), got.Path, err)
		}
	}
}

// A folder that cannot be looked into is told as what it is.
func TestUnreadableFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		file:                       "this folder cannot be imported: it is a file, and a folder is wanted",
		filepath.Join(dir, "none"): "this folder cannot be imported: there is no such folder",
		dir:                        "this folder cannot be imported: there is no iPhone backup in it",
	} {
		found, _, err := findBackups(t.Context(), path, "", func(string) {})
		if err == nil && len(found) == 1 {
			err = found[0].Problem
		}
		if err == nil || cause.From(err).Sentence() != says {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestCopying(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		done, total int64
		took        time.Duration
		want        string
	}{
		{0, 0, time.Hour, "copying    0 %   0 bytes of 0 bytes"},
		{50_000_000, 200_000_000, time.Second, "copying    25 %   50 MB of 200 MB"},
		{50_000_000, 200_000_000, 10 * time.Second, "copying    25 %   50 MB of 200 MB   5 MB/s   about 30 s left"},
	} {
		if got := copying(tt.done, tt.total, tt.took); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
