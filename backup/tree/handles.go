package tree

import (
	"strings"
	"sync"
)

// handles keeps folders open by path, so that a body costs no walk down the
// tree: bodies fall at random into 512 folders. A folder keeps its parent open,
// so whatever is open below a path is found from the path.
type handles struct {
	mu    sync.Mutex
	root  *handle
	byRel map[string]*handle
	idle  handle // head of the ring of those with refs == 0, least recently used first
	max   int
}

type handle struct {
	dir    Dir
	rel    string
	parent *handle
	refs   int  // users, open sub-folders included
	dead   bool // no longer what its path says; closed by the last user

	prev, next *handle // neighbours in handles.idle, nil while in use
}

// maxHandles covers the 2 x 256 shards of a backup with room to spare, and stays
// far below the 1,024 descriptors that Linux grants by default.
const maxHandles = 560

func newHandles(root Dir) *handles {
	h := &handle{dir: root, refs: 1}
	hs := &handles{root: h, byRel: map[string]*handle{"": h}, max: maxHandles}
	hs.idle.prev, hs.idle.next = &hs.idle, &hs.idle
	return hs
}

// rest puts an unused handle at the end of the ring.
func (hs *handles) rest(h *handle) {
	h.prev, h.next = hs.idle.prev, &hs.idle
	h.prev.next, h.next.prev = h, h
}

// wake takes a handle out of the ring, if it is in.
func (h *handle) wake() (slept bool) {
	if h.next == nil {
		return false
	}
	h.prev.next, h.next.prev = h.next, h.prev
	h.prev, h.next = nil, nil
	return true
}

// get opens the folder at rel, or finds it open. The caller calls put once.
func (hs *handles) get(rel string) (*handle, error) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	return hs.getLocked(rel)
}

func (hs *handles) getLocked(rel string) (*handle, error) {
	if h, ok := hs.byRel[rel]; ok {
		h.refs++
		h.wake()
		return h, nil
	}
	up, name := "", rel
	if i := strings.LastIndexByte(rel, '/'); i >= 0 {
		up, name = rel[:i], rel[i+1:]
	}
	parent, err := hs.getLocked(up)
	if err != nil {
		return nil, err
	}
	dir, err := parent.dir.OpenDir(name)
	if err != nil {
		hs.putLocked(parent)
		return nil, err
	}
	h := &handle{dir: dir, rel: rel, parent: parent, refs: 1}
	hs.byRel[rel] = h
	hs.trim()
	return h, nil
}

func (hs *handles) put(h *handle) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.putLocked(h)
}

func (hs *handles) putLocked(h *handle) {
	h.refs--
	switch {
	case h.refs > 0:
	case h.dead || h.parent == nil:
		hs.close(h)
	default:
		hs.rest(h)
		hs.trim()
	}
}

// trim closes what was not used for longest.
func (hs *handles) trim() {
	for len(hs.byRel) > hs.max && hs.idle.next != &hs.idle {
		hs.drop(hs.idle.next)
	}
}

// drop forgets an idle handle and closes it.
func (hs *handles) drop(h *handle) {
	h.wake()
	delete(hs.byRel, h.rel)
	hs.close(h)
}

func (hs *handles) close(h *handle) {
	_ = h.dir.Close() // nothing was written through a folder
	if h.parent != nil {
		hs.putLocked(h.parent)
	}
}

// forget drops the folder at rel and all below it: it was moved or removed, and
// its path means something else from now on.
func (hs *handles) forget(rel string) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if _, ok := hs.byRel[rel]; !ok || rel == "" {
		return
	}
	var idle []*handle
	for p, h := range hs.byRel {
		if p != rel && !strings.HasPrefix(p, rel+"/") {
			continue
		}
		delete(hs.byRel, p)
		h.dead = true
		if h.wake() {
			idle = append(idle, h)
		}
	}
	for _, h := range idle {
		hs.close(h)
	}
}

// closeAll ends it: every folder is closed, by its last user if it has one.
func (hs *handles) closeAll() {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.root.dead {
		return
	}
	hs.max = 0
	hs.trim()
	hs.root.dead = true
	hs.putLocked(hs.root)
}
