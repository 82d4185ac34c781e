package store

import "homeport/backup/mobilesync"

// damage puts together what the walk and the seal say, without what was odd from
// the beginning and without saying anything twice.
func (c *verifier) damage(report mobilesync.Report) []mobilesync.Damage {
	known := map[mobilesync.Damage]bool{}
	for _, d := range c.record.Odd {
		known[d] = true
	}
	// A list that was cut short at the time can only be compared by its counts.
	cut := 0
	for _, n := range c.record.OddCounts {
		cut += n
	}
	cut -= len(c.record.Odd)
	list := []mobilesync.Damage{}
	named := map[string]bool{}
	c.few = report.Counts[mobilesync.Missing] <= report.Rows/missingAllowed
	for _, d := range report.Damage {
		if known[d] || cut > 0 && report.Counts[d.Kind] <= c.record.OddCounts[d.Kind] {
			continue
		}
		if c.always(d) {
			c.odd = append(c.odd, d)
			continue
		}
		// A row's damage has the path of the database, which may be damaged itself.
		named[d.Path] = named[d.Path] || d.Path != c.prefix+mobilesync.DatabaseFile || d.Domain == ""
		list = append(list, d)
	}
	for _, d := range c.sealed {
		if !named[d.Path] {
			list = append(list, d)
		}
	}
	if len(list) == 0 && !c.shown() && (report.Files != c.record.Files || report.Bytes != c.record.Bytes) {
		list = append(list, mobilesync.Damage{Path: c.record.UDID, Kind: mobilesync.WrongSize})
	}
	return list
}

// name looks up which of the phone's files the bodies are.
func (c *verifier) name(folder *mobilesync.Folder, damage []mobilesync.Damage) {
	var ids []mobilesync.FileID
	at := map[mobilesync.FileID][]int{}
	for i, d := range damage {
		if d.Domain != "" || len(d.Path) <= len(c.prefix) {
			continue
		}
		if id, ok := bodyID(d.Path[len(c.prefix):]); ok {
			ids = append(ids, id)
			at[id] = append(at[id], i)
		}
	}
	if len(ids) == 0 || c.record.Encrypted && !folder.Unlocked() {
		return
	}
	names, _ := folder.Lookup(c.ctx, ids) // without names the paths still tell
	for id, n := range names {
		for _, i := range at[id] {
			damage[i].Domain, damage[i].RelativePath = n.Domain, n.RelativePath
		}
	}
}
