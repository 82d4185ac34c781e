package computer

import (
	"path"
	"strings"

	"homeport/preflight"
)

// folderGuard is what Windows tells of Controlled Folder Access, the part of its
// virus protection that lets only programs it knows write to a person's folders.
type folderGuard struct {
	// mode is EnableControlledFolderAccess: 0 off, 1 on, 2 tells only, 3 guards the
	// disk's own sectors, 4 tells only of those. policy is the same as an
	// administrator set it, which counts before it; nil when it is not set.
	mode    uint64
	policy  *uint64
	folders []string // guarded by default, or added by somebody
}

// guards tells of the protection when it keeps programs from writing to dir.
func (g folderGuard) guards(dir string) preflight.Guard {
	const on = 1
	mode := g.mode
	if g.policy != nil {
		mode = *g.policy
	}
	if mode != on {
		return preflight.Guard{}
	}
	for _, f := range g.folders {
		if f = uniform(f); len(f) > len("c:/") && holds(f, uniform(dir)) {
			return preflight.Guard{Name: "Controlled folder access"}
		}
	}
	return preflight.Guard{}
}

// privacyGuard tells of macOS's Full Disk Access, without which nobody gets into
// the folder where Finder keeps backups. Drives do not tell cases apart there.
func privacyGuard(home, dir string) preflight.Guard {
	if holds(strings.ToLower(path.Join(home, "Library/Application Support/MobileSync")), strings.ToLower(path.Clean(dir))) {
		return preflight.Guard{Name: "Full Disk Access", Privacy: true}
	}
	return preflight.Guard{}
}
