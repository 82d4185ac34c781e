package backupagent

import (
	"bytes"
	"slices"

	"homeport/simulator/contents"
)

// entry is a file as a manifest names it.
type entry struct {
	id       [20]byte
	size     int64
	modified int64
}

// entriesOf lists the files of a view in the order of their ids.
func entriesOf(v *contents.View) []entry {
	entries := make([]entry, 0, v.Files())
	for _, i := range v.ByID() {
		if row := v.Row(int(i)); row.Kind == contents.File {
			entries = append(entries, entry{row.ID, row.Size, row.Modified})
		}
	}
	return entries
}

func find(entries []entry, id [20]byte) (entry, bool) {
	k, ok := slices.BinarySearchFunc(entries, id, func(e entry, id [20]byte) int {
		return bytes.Compare(e.id[:], id[:])
	})
	if !ok {
		return entry{}, false
	}
	return entries[k], true
}
