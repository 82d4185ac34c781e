package preflight

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"homeport/cause"
)

// probeSize is how much the probe writes, in bytes: enough that a full disk
// notices.
const probeSize = 64 << 10

// probePrefix begins the names of our probe files.
const probePrefix = ".homeport-probe-"

// destinationChecks are the checks of the folder that takes the backups. A share
// that hangs ends them as destination-offline.
func (h Host) destinationChecks() []Check {
	t := &target{dir: h.Destination, disk: h.Disk}
	there, writable := []string{"destination"}, []string{"destination", "destination-writable"}
	checks := []Check{
		{Name: "destination", Run: t.there},
		{Name: "destination-safe", After: there, Run: t.safe},
		{Name: "destination-writable", After: there, Run: t.writable},
		{Name: "destination-format", After: writable, Run: t.format},
		{Name: "destination-cloud", After: there, Run: t.cloud},
	}
	for i := range checks {
		checks[i].Group, checks[i].Late = cause.Destination, cause.DestinationOffline
	}
	return checks
}

// target is the folder that takes the backups.
type target struct {
	dir  string
	disk Disk
}

func (t *target) there(context.Context) Finding {
	info, err := os.Stat(t.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t.told(cause.DestinationMissing, err)
	case err != nil:
		return t.failed(err)
	case !info.IsDir():
		return t.told(cause.DestinationNotWritable, fmt.Errorf("open destination: %s is no folder", t.dir))
	}
	return passed(nil)
}

func (t *target) safe(context.Context) Finding {
	real, err := filepath.EvalSymlinks(t.dir)
	if err != nil {
		return t.failed(err)
	}
	if reason := exposed(real); reason != "" {
		return told(Fail, cause.DestinationUnsafe, cause.Evidence{"path": t.dir, "reason": reason})
	}
	return passed(nil)
}

// writable writes, renames and removes a real file: rights, quotas and read-only
// drives show only then.
func (t *target) writable(context.Context) Finding {
	if err := probe(t.dir); err != nil {
		return t.failed(err)
	}
	return passed(nil)
}

func probe(dir string) (err error) {
	name := filepath.Join(dir, probePrefix+rand.Text())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create probe: %w", err)
	}
	left := name
	defer func() { err = errors.Join(err, os.Remove(left)) }()
	// Random bytes: a file system that compresses cannot shrink them.
	data := make([]byte, probeSize)
	_, _ = rand.Read(data)
	if _, err := f.Write(data); err != nil {
		return errors.Join(fmt.Errorf("write probe: %w", err), f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(fmt.Errorf("sync probe: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close probe: %w", err)
	}
	if err := os.Rename(name, name+"-renamed"); err != nil {
		return fmt.Errorf("rename probe: %w", err)
	}
	left = name + "-renamed"
	return nil
}

// format finds out what the drive can hold: files over 4 GB, and files that
// several versions share.
func (t *target) format(context.Context) Finding {
	v, err := t.disk.Volume(t.dir)
	if err != nil {
		return t.failed(err)
	}
	ev := cause.Evidence{}
	if v.FileSystem != "" {
		ev["fileSystem"] = v.FileSystem
	}
	if slices.Contains(smallFiles, strings.ToLower(v.FileSystem)) {
		return told(Fail, cause.DestinationFileLimit, ev)
	}
	shares, err := sharesFiles(t.dir, os.Link, cloneFile)
	if err != nil {
		return t.failed(err)
	}
	if !shares {
		return told(Warn, cause.DestinationNoLinks, ev)
	}
	return passed(ev)
}

// sharesFiles says whether two names can share their contents in one of these
// ways: by a hard link, or by a clone.
func sharesFiles(dir string, ways ...func(src, dst string) error) (bool, error) {
	name := filepath.Join(dir, probePrefix+rand.Text())
	if err := os.WriteFile(name, make([]byte, 4096), 0o600); err != nil {
		return false, fmt.Errorf("create probe: %w", err)
	}
	for _, way := range ways {
		twin := name + "-twin"
		failed := way(name, twin)
		// A way that failed may have left an empty file.
		if err := os.Remove(twin); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, errors.Join(fmt.Errorf("remove probe: %w", err), os.Remove(name))
		}
		if failed == nil {
			return true, os.Remove(name)
		}
	}
	return false, os.Remove(name)
}

// cloud looks for the folders that sync services keep.
func (t *target) cloud(context.Context) Finding {
	paths := []string{t.dir}
	if real, err := filepath.EvalSymlinks(t.dir); err == nil {
		paths = append(paths, real)
	}
	for _, p := range paths {
		if service := cloudService(p); service != "" {
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

func (t *target) told(id cause.ID, err error) Finding {
	return Finding{Status: Fail, Cause: id, Evidence: cause.Evidence{"path": t.dir}, Err: err}
}

// failed finds the cause of an error of the file system.
func (t *target) failed(err error) Finding {
	id, known := diskCause(err, t.dir)
	switch {
	case known:
	case errors.Is(err, fs.ErrPermission):
		id = cause.DestinationNotWritable
	case errors.Is(err, fs.ErrNotExist):
		id = cause.DestinationMissing
	default:
		id = cause.DestinationNotWritable
	}
	f := t.told(id, err)
	if v, err := t.disk.Volume(t.dir); err == nil && id == cause.HostDiskFull {
		f.Evidence["free"] = cause.Bytes(v.Free)
		if v.Name != "" {
			f.Evidence["volume"] = `"` + v.Name + `"`
		}
	}
	return f
}
