package mobilebackup2

import (
	"hash/maphash"
	"strings"

	"homeport/backup/tree"
)

// ledger tells the job the length and hash of each body as it arrives, under the
// name that it will have in the end: a phone sends U/Snapshot/xx/id and moves it
// to U/xx/id when all are there. Telling at once keeps next to nothing in memory
// and lets a run that was cut know what it has.
//
// What was told must be true in the end even if a phone does otherwise, which no
// real one does: then the ledger asks for the file to be read and told anew. One
// thing is left to who is told: of a body that was never moved, the earlier file
// under the final name is still there.
type ledger struct {
	home     string // "<UDID>/"
	snapshot string // "<UDID>/Snapshot/"
	told     func(rel tree.Rel, n int64, sum [32]byte)

	seed    maphash.Seed
	there   map[uint64]struct{}   // hashes of the final names at which bodies have arrived, some 12 bytes each
	doubt   map[tree.Rel]struct{} // final names told for what may not come to be there
	muddled bool                  // folders were moved about: every move is read again
}

// maxDoubt bounds doubt; beyond it everything is in doubt.
const maxDoubt = 10_000

func newLedger(udid string, told func(tree.Rel, int64, [32]byte)) *ledger {
	return &ledger{
		home: udid + "/", snapshot: udid + "/Snapshot/", told: told,
		seed: maphash.MakeSeed(), there: map[uint64]struct{}{}, doubt: map[tree.Rel]struct{}{},
	}
}

// final is the name that what is below Snapshot/ will have in the end.
func (l *ledger) final(rel tree.Rel) (end tree.Rel, staged bool) {
	rest, staged := strings.CutPrefix(rel.String(), l.snapshot)
	if !staged {
		return rel, false
	}
	end, err := tree.Parse(l.home + rest)
	return end, err == nil
}

// received notes a body that was written whole under rel.
func (l *ledger) received(rel tree.Rel, n int64, sum [32]byte) {
	end, staged := l.final(rel)
	if !staged {
		l.arrive(end)
	} else if l.arrived(end) {
		l.doubtful(end)
	}
	l.told(end, n, sum)
}

// arrive notes that what was told is now at its final name.
func (l *ledger) arrive(end tree.Rel) {
	l.there[maphash.String(l.seed, end.String())] = struct{}{}
}

func (l *ledger) arrived(end tree.Rel) bool {
	_, ok := l.there[maphash.String(l.seed, end.String())]
	return ok
}

func (l *ledger) doubtful(end tree.Rel) {
	if len(l.doubt) >= maxDoubt {
		l.muddled = true
		return
	}
	l.doubt[end] = struct{}{}
}

// moved follows what was moved from src to dst. anew says that dst has to be read
// and told again.
func (l *ledger) moved(src, dst tree.Rel) (anew bool) {
	end, staged := l.final(src)
	if !staged || end != dst {
		return l.changed(dst)
	}
	_, doubtful := l.doubt[dst]
	delete(l.doubt, dst)
	anew = doubtful || l.muddled || l.arrived(dst)
	l.arrive(dst)
	return anew
}

// changed notes that something of which nothing is known is now at rel.
func (l *ledger) changed(rel tree.Rel) (anew bool) {
	end, staged := l.final(rel)
	if staged {
		l.doubtful(end)
		l.muddled = l.muddled || !isBody(end.Base())
		return false
	}
	return true
}

// isBody tells the names that bodies have, which a folder could have too but no
// phone's has.
func isBody(name string) bool { return len(name) == 40 || strings.HasPrefix(name, "Manifest.") }

// doubts are the final names to read again at the end, if they are there.
func (l *ledger) doubts() []tree.Rel {
	var rels []tree.Rel
	for rel := range l.doubt {
		rels = append(rels, rel)
	}
	return rels
}
