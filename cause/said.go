package cause

import (
	"strings"
	"sync"
)

// said is how people put it who know nothing of the cause, a dozen ways and more of
// each. The search compares words, not letters: endings, order, synonyms (words.go)
// and small words need no way of their own. A block of a table is a cause's id, a
// colon, and the ways with semicolons between them.
var said = sync.OnceValue(func() map[ID][]string {
	ways := map[ID][]string{}
	for _, table := range []string{saidHost, saidCable, saidTrust, saidDestination, saidEarlier, saidRun, saidOwn, saidRestore} {
		for block := range strings.SplitSeq(table, "\n\n") {
			id, list, _ := strings.Cut(strings.TrimSpace(block), ":")
			for way := range strings.SplitSeq(list, ";") {
				ways[ID(id)] = append(ways[ID(id)], strings.Join(strings.Fields(way), " "))
			}
		}
	}
	return ways
})
