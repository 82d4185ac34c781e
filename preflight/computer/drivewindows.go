package computer

import (
	"strings"

	"homeport/preflight"
)

// The drive types of Windows' GetDriveType.
const (
	noRootDir   = 1
	remoteDrive = 4
)

// windowsDrive is what Windows tells of the drive of a path.
type windowsDrive struct {
	kind     uint32 // of GetDriveType
	remote   string // the share behind the letter; "" when there is none
	readOnly bool   // the volume's own flag
	system   string // its file system
}

// root gives the drive of a Windows path: `E:\`, or the share `\\nas\backups`. It
// is "" for any other path.
func root(dir string) string {
	dir = strings.ReplaceAll(dir, "/", `\`)
	for _, prefix := range []string{`\\?\UNC\`, `\\?\`, `\\.\`} {
		if rest, ok := strings.CutPrefix(dir, prefix); ok {
			if dir = rest; prefix == `\\?\UNC\` {
				dir = `\\` + rest
			}
			break
		}
	}
	if rest, ok := strings.CutPrefix(dir, `\\`); ok {
		parts := strings.SplitN(rest, `\`, 3)
		if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
			return ""
		}
		return `\\` + parts[0] + `\` + parts[1]
	}
	if len(dir) < 2 || dir[1] != ':' || (dir[0]|0x20 < 'a' || dir[0]|0x20 > 'z') {
		return ""
	}
	return strings.ToUpper(dir[:1]) + `:\`
}

// driveOfWindows puts together what Windows tells. A letter without a drive is an
// absent one; when it used to stand for a share, the share is absent.
func driveOfWindows(dir string, w windowsDrive) preflight.Drive {
	d := preflight.Drive{Point: root(dir), FileSystem: w.system, ReadOnly: w.readOnly}
	switch {
	case strings.HasPrefix(d.Point, `\\`):
		d.Kind, d.Share = "SMB", d.Point
	case w.remote != "" || w.kind == remoteDrive:
		d.Kind, d.Share = "SMB", w.remote
	}
	if w.kind == noRootDir && d.Point != "" && !strings.HasPrefix(d.Point, `\\`) {
		d.Absent = strings.TrimSuffix(d.Point, `\`)
	}
	return d
}
