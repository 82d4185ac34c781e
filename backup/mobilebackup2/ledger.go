package mobilebackup2

import (
	"encoding/hex"
	"hash/maphash"
	"strings"

	"homeport/backup/tree"
)

// ledger remembers the length and hash of each body from its arrival below
// Snapshot/ to its move to its final name, when it is told to the job. It costs
// about 90 bytes per body on the way and 10 per body told, since a phone has
// hundreds of thousands of them.
//
// It must never leave told a hash that a file does not have. A final name that
// gets content of which nothing is known, which no real phone does, is stale:
// the session reads the file and tells it anew.
type ledger struct {
	snapshot string // "<UDID>/Snapshot/"
	told     func(rel tree.Rel, n int64, sum [32]byte)

	byID   map[[20]byte]body   // Snapshot/xx/<40 hex>
	byPath map[string]body     // anything else below Snapshot/: the manifests
	final  map[uint64]struct{} // hashes of the names told
	seed   maphash.Seed
}

type body struct {
	n   int64
	sum [32]byte
}

func newLedger(udid string, told func(tree.Rel, int64, [32]byte)) *ledger {
	if told == nil {
		told = func(tree.Rel, int64, [32]byte) {}
	}
	return &ledger{
		snapshot: udid + "/Snapshot/",
		told:     told,
		byID:     map[[20]byte]body{},
		byPath:   map[string]body{},
		final:    map[uint64]struct{}{},
		seed:     maphash.MakeSeed(),
	}
}

// id is the compact key of a body that is named after its hash.
func (l *ledger) id(path string) (key [20]byte, ok bool) {
	rest := path[len(l.snapshot):]
	if len(rest) != 43 || rest[2] != '/' || rest[:2] != rest[3:5] {
		return key, false
	}
	_, err := hex.Decode(key[:], []byte(rest[3:]))
	return key, err == nil
}

// received notes a body that was written whole under rel.
func (l *ledger) received(rel tree.Rel, n int64, sum [32]byte) {
	path := rel.String()
	if !strings.HasPrefix(path, l.snapshot) {
		l.tell(rel, body{n, sum})
		return
	}
	if key, ok := l.id(path); ok {
		l.byID[key] = body{n, sum}
		return
	}
	l.byPath[path] = body{n, sum}
}

func (l *ledger) tell(rel tree.Rel, b body) {
	l.final[maphash.String(l.seed, rel.String())] = struct{}{}
	l.told(rel, b.n, b.sum)
}

// take gives what is known of the body at path and forgets it there.
func (l *ledger) take(path string) (b body, ok bool) {
	if !strings.HasPrefix(path, l.snapshot) {
		return body{}, false
	}
	if key, isID := l.id(path); isID {
		b, ok = l.byID[key]
		delete(l.byID, key)
		return b, ok
	}
	b, ok = l.byPath[path]
	delete(l.byPath, path)
	return b, ok
}

// moved follows a file from src to dst. stale says that dst was told with other
// content and must be told anew by whoever reads it.
func (l *ledger) moved(src, dst tree.Rel) (stale bool) {
	b, known := l.take(src.String())
	if known {
		l.take(dst.String())
		l.received(dst, b.n, b.sum)
		return false
	}
	// A body that an earlier try has left below Snapshot/ is the store's to hash.
	return l.changed(dst) && (l.wasTold(dst) || !l.staged(src))
}

// changed notes that something of which nothing is known is now at rel, and
// tells whether that is a final name.
func (l *ledger) changed(rel tree.Rel) (final bool) {
	l.take(rel.String())
	return !l.staged(rel)
}

func (l *ledger) staged(rel tree.Rel) bool { return strings.HasPrefix(rel.String(), l.snapshot) }

func (l *ledger) wasTold(rel tree.Rel) bool {
	_, ok := l.final[maphash.String(l.seed, rel.String())]
	return ok
}

// removed forgets rel; if it was a folder, all that is on its way, since a
// real phone removes folders only at the very end.
func (l *ledger) removed(rel tree.Rel, dir bool) {
	if dir {
		clear(l.byID)
		clear(l.byPath)
		return
	}
	l.take(rel.String())
}
