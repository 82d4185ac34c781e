package computer

import (
	"path"
	"slices"
	"strings"

	"homeport/preflight"
)

// mounted is one file system in the system's table.
type mounted struct {
	device     string // what tells file systems apart, "8:17"; "" when not told
	point      string
	fileSystem string
	source     string   // "/dev/sdb1", "//nas/backups"
	options    []string // of the mount
	super      []string // of the file system itself
}

// maxMounts bounds the tables that are read.
const maxMounts = 10_000

// mountsOfInfo reads Linux's /proc/self/mountinfo:
//
//	36 35 8:17 / /media/anna/My\040Disk rw,nosuid shared:1 - ext4 /dev/sdb1 rw,errors=remount-ro
//
// Between the options and the dash are any number of words.
func mountsOfInfo(text string) []mounted {
	var list []mounted
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		dash := slices.Index(fields, "-")
		if dash < 6 || len(fields) < dash+4 || len(list) == maxMounts {
			continue
		}
		list = append(list, mounted{
			device: fields[2], point: unescape(fields[4]), options: strings.Split(fields[5], ","),
			fileSystem: fields[dash+1], source: unescape(fields[dash+2]), super: strings.Split(fields[dash+3], ","),
		})
	}
	return list
}

// mountsOfFstab reads /etc/fstab: what belongs where, mounted or not.
func mountsOfFstab(text string) []mounted {
	var list []mounted
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 || strings.HasPrefix(fields[0], "#") || len(list) == maxMounts {
			continue
		}
		if point := unescape(fields[1]); path.IsAbs(point) {
			list = append(list, mounted{point: path.Clean(point), fileSystem: fields[2], source: unescape(fields[0]), options: strings.Split(fields[3], ",")})
		}
	}
	return list
}

// unescape undoes the octal codes by which both tables write spaces, tabs, line
// breaks and backslashes.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// driveOf finds the place of a folder in the table of mounts. belongs are the
// mounts that ought to be there; of those only the ones that are not mounted
// matter.
func driveOf(dir string, mounts, belongs []mounted) preflight.Drive {
	var best mounted
	for _, m := range mounts {
		// Of two at the same place the later one is on top.
		if holds(m.point, dir) && len(m.point) >= len(best.point) {
			best = m
		}
	}
	d := preflight.Drive{Point: best.point, FileSystem: best.fileSystem}
	d.Kind, d.Share = shareOf(best)
	d.ReadOnly = slices.Contains(best.options, "ro") || slices.Contains(best.super, "ro")
	d.Broken = brokenOff(best, mounts)
	for _, m := range belongs {
		there := slices.ContainsFunc(mounts, func(is mounted) bool { return is.point == m.point })
		if !there && holds(m.point, dir) && len(m.point) > max(len(best.point), len(d.Absent)) {
			d.Absent = m.point
			d.Kind, d.Share = shareOf(m)
		}
	}
	return d
}

// holds says whether dir is point or lies below it; both are absolute.
func holds(point, dir string) bool {
	return point != "" && (dir == point || strings.HasPrefix(dir, strings.TrimSuffix(point, "/")+"/"))
}

// brokenOff says that the system made a drive read-only by itself. Then the file
// system is read-only while its mounts still say "rw": whoever asks for a
// read-only mount gets that on the mount too. Newer kernels say it outright.
func brokenOff(m mounted, all []mounted) bool {
	if slices.Contains(m.super, "emergency_ro") {
		return true
	}
	if !strings.HasPrefix(m.source, "/dev/") || !slices.Contains(m.super, "ro") {
		return false
	}
	return !slices.ContainsFunc(all, func(o mounted) bool { return o.device == m.device && slices.Contains(o.options, "ro") })
}

// shareKinds are the file systems of other computers, as Linux and macOS spell
// them.
var shareKinds = map[string]string{
	"nfs": "NFS", "nfs4": "NFS", "cifs": "SMB", "smb3": "SMB", "smbfs": "SMB", "afpfs": "AFP",
	"webdav": "WebDAV", "davfs": "WebDAV", "fuse.davfs": "WebDAV", "fuse.davfs2": "WebDAV",
	"sshfs": "SSH", "fuse.sshfs": "SSH", "fuse.rclone": "rclone", "9p": "9P", "ceph": "Ceph", "glusterfs": "Gluster", "fuse.glusterfs": "Gluster",
}

// shareOf names a share; "" for a drive of this computer. An address may carry a
// name and a password ("//anna:secret@nas/b"), which are left out.
func shareOf(m mounted) (kind, address string) {
	kind = shareKinds[m.fileSystem]
	if kind == "" {
		return "", ""
	}
	address = m.source
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		lead := ""
		if i := strings.Index(address, "//"); i >= 0 && i < at {
			lead = address[:i+2]
		}
		address = lead + address[at+1:]
	}
	return kind, address
}

// removable gives the place where a desktop puts a drive that is plugged in, when
// the folder lies in one: the folder of a user below /media or /run/media, or
// /Volumes on a Mac. Nothing of a person's belongs there while no drive is mounted
// on it.
func removable(dir string) []mounted {
	parts := strings.Split(strings.TrimPrefix(path.Clean(dir), "/"), "/")
	depth := 0
	switch {
	case parts[0] == "Volumes":
		depth = 2
	case parts[0] == "media":
		depth = 3
	case parts[0] == "run" && len(parts) > 1 && parts[1] == "media":
		depth = 4
	}
	if depth == 0 || len(parts) < depth {
		return nil
	}
	return []mounted{{point: "/" + strings.Join(parts[:depth], "/")}}
}
