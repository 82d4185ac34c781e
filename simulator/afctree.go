package simulator

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxMedia bounds what hosts may write into one phone's media tree.
const maxMedia = 256 << 20

// tree is the media folder that AFC shows: small, in memory, alive as long as the phone.
type tree struct {
	mu    sync.Mutex
	root  *node
	bytes int64
}

// node is a file or, when children is not nil, a folder.
type node struct {
	children map[string]*node
	data     []byte
	body     *pictureBody // in place of data, for what is not stored
	modified time.Time
	born     time.Time // zero: when it was modified
}

// size is the length of a file. The caller holds tree.mu.
func (n *node) size() int64 {
	if n.body != nil {
		return n.body.size
	}
	return int64(len(n.data))
}

// AFC's status codes, as far as this tree answers them.
const (
	afcOK           = 0
	afcUnknown      = 1
	afcBadHeader    = 2
	afcInvalid      = 7
	afcNotFound     = 8
	afcIsDir        = 9
	afcDenied       = 10
	afcUnsupported  = 15
	afcExists       = 16
	afcWouldBlock   = 19
	afcNoSpace      = 18
	afcDirNotEmpty  = 33
	afcTooManyFiles = 24
)

// newMedia makes a phone's media folder, with the folders that hosts expect.
func newMedia() *tree {
	t := &tree{root: folder()}
	for _, dir := range []string{"/DCIM/100APPLE", "/Downloads", "/iTunes_Control/iTunes", "/Books"} {
		t.makeDir(dir)
	}
	return t
}

func folder() *node {
	return &node{children: map[string]*node{}, modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// find returns the node at a path, or nil. The caller holds t.mu. Dots cannot leave the root.
func (t *tree) find(name string) *node {
	at := t.root
	for _, part := range split(name) {
		if at = at.children[part]; at == nil {
			return nil
		}
	}
	return at
}

// parent returns the folder above a path, or nil, and the last part of the path ("" for the root).
func (t *tree) parent(name string) (*node, string) {
	parts := split(name)
	if len(parts) == 0 {
		return nil, ""
	}
	last := len(parts) - 1
	dir := t.find(strings.Join(parts[:last], "/"))
	if dir == nil || dir.children == nil {
		return nil, parts[last]
	}
	return dir, parts[last]
}

func split(name string) []string {
	clean := strings.Trim(path.Clean("/"+name), "/")
	if clean == "" {
		return nil
	}
	return strings.Split(clean, "/")
}

// list names what is in a folder, with the two dots that a phone lists too.
func (t *tree) list(name string) ([]string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	dir := t.find(name)
	if dir == nil || dir.children == nil {
		return nil, afcNotFound
	}
	names := []string{".", ".."}
	for each := range dir.children {
		names = append(names, each)
	}
	slices.Sort(names[2:])
	return names, afcOK
}

// info is what stat answers: key, value, key, value.
func (t *tree) info(name string) ([]string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.find(name)
	if at == nil {
		return nil, afcNotFound
	}
	kind := "S_IFREG"
	if at.children != nil {
		kind = "S_IFDIR"
	}
	size, born := at.size(), at.born
	if born.IsZero() {
		born = at.modified
	}
	return []string{
		"st_size", fmt.Sprint(size), "st_blocks", fmt.Sprint((size + 511) / 512), "st_nlink", "1", "st_ifmt", kind,
		"st_mtime", fmt.Sprint(at.modified.UnixNano()), "st_birthtime", fmt.Sprint(born.UnixNano()),
	}, afcOK
}

// makeDir makes a folder and those above it; one that is there already is fine.
func (t *tree) makeDir(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.root
	for _, part := range split(name) {
		next := at.children[part]
		if next == nil {
			next = folder()
			at.children[part] = next
		}
		if next.children == nil {
			return afcExists
		}
		at = next
	}
	return afcOK
}

// remove takes a file or a folder away; a folder with something in it only when deep.
func (t *tree) remove(name string, deep bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	dir, last := t.parent(name)
	if dir == nil && last == "" {
		return afcDenied
	}
	if dir == nil || dir.children[last] == nil {
		return afcNotFound
	}
	if len(dir.children[last].children) > 0 && !deep {
		return afcDirNotEmpty
	}
	t.bytes -= dir.children[last].total()
	delete(dir.children, last)
	return afcOK
}

// total is how many bytes a file or a folder holds.
func (n *node) total() int64 {
	sum := int64(len(n.data))
	for _, child := range n.children {
		sum += child.total()
	}
	return sum
}

func (t *tree) size(file *node) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return file.size()
}

func (t *tree) rename(from, to string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	source, last := t.parent(from)
	target, name := t.parent(to)
	if source == nil || source.children[last] == nil || target == nil {
		return afcNotFound
	}
	if strings.HasPrefix(path.Clean("/"+to)+"/", path.Clean("/"+from)+"/") {
		return afcInvalid
	}
	moved := source.children[last]
	delete(source.children, last)
	if replaced := target.children[name]; replaced != nil {
		t.bytes -= replaced.total()
	}
	target.children[name] = moved
	return afcOK
}

// open returns a file, made when create says so and it is not there.
func (t *tree) open(name string, create bool) (*node, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := t.find(name); at != nil {
		if at.children != nil {
			return nil, afcIsDir
		}
		return at, afcOK
	}
	dir, last := t.parent(name)
	if !create || dir == nil {
		return nil, afcNotFound
	}
	file := &node{modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	dir.children[last] = file
	return file, afcOK
}

// read copies up to n bytes from an offset.
func (t *tree) read(file *node, offset, n int64) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	size := file.size()
	if offset < 0 || offset >= size || n <= 0 {
		return nil
	}
	if file.body != nil {
		data := make([]byte, min(n, size-offset))
		_, _ = file.body.ReadAt(data, offset) // it ends with what was asked for
		return data
	}
	return slices.Clone(file.data[offset:min(size, offset+min(n, size))])
}

// write puts data at an offset, with a hole of zeros where the file was shorter.
func (t *tree) write(file *node, offset int64, data []byte) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := offset + int64(len(data))
	if status := t.resize(file, max(end, int64(len(file.data)))); status != afcOK {
		return status
	}
	copy(file.data[offset:end], data)
	file.modified = time.Now()
	return afcOK
}

// truncate sets a file's length.
func (t *tree) truncate(file *node, size int64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.resize(file, size)
}

func (t *tree) resize(file *node, size int64) int {
	grown := size - int64(len(file.data))
	if file.body != nil { // pictures are Photos' own; other programs do not write into them
		return afcDenied
	}
	if size < 0 || t.bytes+grown > maxMedia {
		return afcNoSpace
	}
	t.bytes += grown
	if grown <= 0 {
		file.data = file.data[:size]
		return afcOK
	}
	file.data = append(file.data, make([]byte, grown)...)
	return afcOK
}

// MediaFile returns a copy of a file in the media folder, as AFC would read it.
func (p *Phone) MediaFile(name string) ([]byte, bool) {
	file, status := p.media.open(name, false)
	if status != afcOK {
		return nil, false
	}
	return p.media.read(file, 0, maxMedia), true
}

// SetMediaFile puts a file into the media folder, with the folders above it.
func (p *Phone) SetMediaFile(name string, data []byte) error {
	p.media.makeDir(path.Dir(path.Clean("/" + name)))
	file, status := p.media.open(name, true)
	if status == afcOK {
		if status = p.media.truncate(file, 0); status == afcOK {
			status = p.media.write(file, 0, data)
		}
	}
	if status != afcOK {
		return fmt.Errorf("write media file %q: afc status %d", name, status)
	}
	return nil
}
