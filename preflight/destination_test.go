package preflight

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/cause"
)

// destination runs the checks of a folder on the real drive below it.
func destination(t *testing.T, dir string) (Report, string) {
	t.Helper()
	r := Run(t.Context(), Host{Destination: dir}.withDefaults().destinationChecks())
	return r, outline(Report{r.With(Info, Warn, Fail)})
}

// empty fails when a check left something behind.
func empty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), probePrefix) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestGoodDestination(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, got := destination(t, dir)
	if got != "" && got != "destination-format=warn:destination-no-links" {
		t.Errorf("got %s", got)
	}
	if f, _ := r.ByCheck("destination-format"); f.Status == Pass && f.Evidence["fileSystem"] == "" {
		t.Error("no file system told")
	}
	empty(t, dir)
}

func TestBadDestinations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):   "destination=fail:destination-missing",
		filepath.Join(file, "below"): "destination=fail:destination-missing",
		file:                         "destination=fail:destination-not-writable",
		filepath.Join(dir, strings.Repeat("x", 300)): "destination=fail:path-too-long",
	} {
		r, got := destination(t, path)
		if got != want {
			t.Errorf("%.60s: got %s, want %s", path, got, want)
		}
		f, _ := r.First()
		if f.Evidence["path"] != path || f.Err == nil {
			t.Errorf("%.60s: evidence %v, error %v", path, f.Evidence, f.Err)
		}
		if n := len(r.With(Skipped)); n != 5 {
			t.Errorf("%.60s: %d checks skipped, want 5", path, n)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a missing destination was created")
	}
}

func TestCloudFolder(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		`C:\Users\anna\OneDrive\Backups`:                                  "OneDrive",
		`C:\Users\anna\OneDrive - Contoso Ltd\b`:                          "OneDrive",
		"/home/anna/Dropbox/b":                                            "Dropbox",
		"/Users/anna/Library/Mobile Documents/com~apple~CloudDocs/b":      "iCloud Drive",
		"/Users/anna/Library/CloudStorage/GoogleDrive-anna@example.com/b": "Google Drive",
		"/Users/anna/Library/CloudStorage/Sync.com/b":                     "a cloud service",
		"/home/anna/Nextcloud":                                            "Nextcloud",
		"/home/anna/backups":                                              "",
		"/home/anna/dropboxes/b":                                          "",
		"/srv/onedriver":                                                  "",
		"/Users/anna/Library/Application Support/Homeport/Backups":        "",
	} {
		if got := cloudService(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	dir := filepath.Join(t.TempDir(), "Dropbox", "b")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "innocent")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	if r, _ := destination(t, link); !strings.Contains(outline(r), "destination-cloud=warn:destination-in-cloud-folder") {
		t.Errorf("through a link: %s", outline(r))
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]cause.ID{"vfat": cause.DestinationFileLimit, "FAT32": cause.DestinationFileLimit, "msdos": cause.DestinationFileLimit, "ext4": "", "exFAT": "", "": ""} {
		c := Host{Destination: t.TempDir(), Disk: fakeDisk{volume: Volume{FileSystem: system}}}.withDefaults().destinationChecks()
		i := slices.IndexFunc(c, func(c Check) bool { return c.Name == "destination-format" })
		f := c[i].Run(t.Context())
		if f.Cause != want && f.Cause != cause.DestinationNoLinks {
			t.Errorf("%q: %v", system, f)
		}
	}
}

func TestSharesFiles(t *testing.T) {
	t.Parallel()
	refused := func(string, string) error { return errors.ErrUnsupported }
	halfway := func(_, dst string) error { return errors.Join(os.WriteFile(dst, nil, 0o600), errors.ErrUnsupported) }
	for name, tt := range map[string]struct {
		ways []func(src, dst string) error
		want bool
	}{
		"neither":              {[]func(string, string) error{refused, halfway}, false},
		"only a clone":         {[]func(string, string) error{refused, os.Link}, true},
		"a clone after a mess": {[]func(string, string) error{halfway, os.Link}, true},
	} {
		dir := t.TempDir()
		got, err := sharesFiles(dir, tt.ways...)
		if got != tt.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		empty(t, dir)
	}
}

func TestMountOf(t *testing.T) {
	t.Parallel()
	mounts := []mount{{"/", "ext4"}, {"/media/anna/Backups", "vfat"}, {"/media/anna/Back", "btrfs"}, {"/media/anna/Backups", "exfat"}, {"/media", "tmpfs"}}
	for path, want := range map[string]string{
		"/media/anna/Backups/x": "exfat", "/media/anna/Backups": "exfat", "/media/anna/Backup": "tmpfs", "/media/anna/Back/x": "btrfs", "/home": "ext4",
	} {
		if got := mountOf(mounts, filepath.FromSlash(path)).fileSystem; got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for point, want := range map[string]string{"/": "", "/media/anna/Backups": "Backups", "/Volumes/My Disk": "My Disk", "/System/Volumes/Data": "", "/home": "", "/var": ""} {
		if got := volumeName(filepath.FromSlash(point)); got != want {
			t.Errorf("%s: %q, want %q", point, got, want)
		}
	}
}

func TestHostDisk(t *testing.T) {
	t.Parallel()
	v, err := HostDisk{}.Volume(t.TempDir())
	if err != nil || v.Total <= 0 || v.Free < 0 || v.Free > v.Total || v.FileSystem == "" {
		t.Errorf("got %+v, %v", v, err)
	}
	if _, err := (HostDisk{}).Volume(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing folder has a drive")
	}
}
