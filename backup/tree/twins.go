package tree

import (
	"strings"
	"sync"
)

// maxTwins bounds the names that twins remembers. A backup has none or a handful
// of them; a device that makes up more is refused.
const maxTwins = 100_000

// twins refuses a name that differs only in case from one made before through
// the same Tree: on a Mac or a PC they would be one file. Names of the backup
// format are not remembered, since Parse takes one spelling of them only.
// Letters outside ASCII do not get past Parse, so case is all there is to fold.
type twins struct {
	mu   sync.Mutex
	seen map[string]string // folded path to the spelling that was first
}

// claim notes every component of rel that could have a twin.
func (w *twins) claim(rel Rel) error {
	if isClean(rel.s) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := strings.IndexByte(rel.s, '/') + 1; i > 0; {
		end := len(rel.s)
		next := strings.IndexByte(rel.s[i:], '/')
		if next >= 0 {
			end = i + next
		}
		if err := w.claimOne(rel, i, end); err != nil {
			return err
		}
		i = end + 1
		if next < 0 {
			break
		}
	}
	return nil
}

// claimOne notes the path that ends at end, unless its last component, which
// begins at start, has one spelling only.
func (w *twins) claimOne(rel Rel, start, end int) error {
	if isFixed(rel.s[start:end]) {
		return nil
	}
	path := rel.s[:end]
	folded := strings.ToLower(path)
	if was, ok := w.seen[folded]; ok {
		if was != path {
			return &PathError{rel.s, "differs only in case from " + was, false}
		}
		return nil
	}
	if len(w.seen) >= maxTwins {
		return &PathError{rel.s, "one name too many outside the backup format", true}
	}
	if w.seen == nil {
		w.seen = map[string]string{}
	}
	w.seen[folded] = path
	return nil
}

// release forgets a name that is gone.
func (w *twins) release(rel Rel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.seen, strings.ToLower(rel.s))
}
