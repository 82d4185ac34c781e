package computer

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

// guards names the protection when it keeps programs from writing to dir.
func (g folderGuard) guards(dir string) string {
	const on = 1
	mode := g.mode
	if g.policy != nil {
		mode = *g.policy
	}
	if mode != on {
		return ""
	}
	for _, f := range g.folders {
		if f = uniform(f); len(f) > len("c:/") && holds(f, uniform(dir)) {
			return "Controlled folder access"
		}
	}
	return ""
}
