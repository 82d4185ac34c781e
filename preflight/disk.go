package preflight

import (
	"os/user"
	"path/filepath"
	"strings"

	"homeport/cause"
)

// Volume is what the system says about the drive below a folder.
type Volume struct {
	Name       string // as people see it, "Backups"; "" for the system's own
	FileSystem string // "ext4", "apfs", "NTFS", "vfat"; "" when not known
	Free       int64  // bytes that this account may still use
	Total      int64  // bytes
	Network    bool   // a share of another computer
	// MaxFiles is how many files and folders it can hold, and FreeFiles how many
	// more; MaxFiles is 0 where there is no such bound.
	MaxFiles, FreeFiles int64
	// Quota says that Free is what this account may still use, and less than what
	// the drive has.
	Quota bool
}

// fewFiles is how few more files mean that a drive is full of them.
const fewFiles = 16

// describe adds what is free as evidence, and when it is not the bytes that are
// short, what is.
func (v Volume) describe(ev cause.Evidence) {
	ev["free"] = cause.Bytes(v.Free)
	if v.Name != "" {
		ev["volume"] = `"` + v.Name + `"`
	}
	switch {
	case v.MaxFiles > 0 && v.FreeFiles < fewFiles && v.Free > probeSize:
		ev["maxFiles"] = v.MaxFiles
	case v.Quota:
		ev["account"] = accountName()
	}
}

// Disk answers what a folder lies on.
type Disk interface {
	Volume(dir string) (Volume, error)
}

// HostDisk is this computer's real Disk.
type HostDisk struct{}

// smallFiles are the file systems that end a file at 4 GiB, as the systems
// spell them.
var smallFiles = []string{"vfat", "msdos", "fat", "fat16", "fat32"}

// networkTypes are file systems of another computer.
var networkTypes = []string{"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "davfs", "fuse.sshfs", "9p", "fuse.davfs"}

// mount is one line of the system's list.
type mount struct{ point, fileSystem string }

// mountOf returns the mount with the longest path that holds dir; of two at the
// same place the later one is on top.
func mountOf(mounts []mount, dir string) mount {
	var best mount
	for _, m := range mounts {
		if within(dir, m.point) && len(m.point) >= len(best.point) {
			best = m
		}
	}
	return best
}

// within says whether path is dir or below it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// volumeName is what people call a drive: the last part of the path where it is
// mounted. The system's own drive has no name of its own.
func volumeName(point string) string {
	switch name := filepath.Base(point); {
	case len(name) < 2, strings.HasPrefix(point, "/System"), within("/home", point), within("/var", point):
		return ""
	default:
		return name
	}
}

// accountName is what the account that we run in is called; "this account" when
// nobody knows.
func accountName() string {
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return "this account"
	}
	return u.Username
}
