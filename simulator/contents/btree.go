package contents

import (
	"bufio"
	"encoding/binary"
	"fmt"
)

// pageSize is Manifest.db's, SQLite's default.
const pageSize = 4096

// The kinds of b-tree pages in the SQLite file format.
const (
	innerIndex byte = 2
	innerTable byte = 5
	leafIndex  byte = 10
	leafTable  byte = 13
)

// pager writes pages one after the other; page 1 is left to the end.
type pager struct {
	w    *bufio.Writer
	last uint32 // the number of the last page written
	page [pageSize]byte
	err  error
}

// write lays cells out on a page, writes it and answers its number.
func (p *pager) write(kind byte, c *cells, right uint32) uint32 {
	clear(p.page[:])
	layOut(p.page[:], 0, kind, c, right)
	if _, err := p.w.Write(p.page[:]); err != nil && p.err == nil {
		p.err = err
	}
	p.last++
	return p.last
}

// layOut fills a page whose b-tree header stands at offset at: header, pointers
// to the cells in their order, free space, the cells.
func layOut(page []byte, at int, kind byte, c *cells, right uint32) {
	header := page[at:]
	header[0] = kind
	binary.BigEndian.PutUint16(header[3:], uint16(c.count()))
	pointers := header[8:]
	if kind == innerIndex || kind == innerTable {
		binary.BigEndian.PutUint32(header[8:], right)
		pointers = header[12:]
	}
	end := len(page)
	for k := range c.count() {
		cell := c.at(k)
		end -= len(cell)
		copy(page[end:], cell)
		binary.BigEndian.PutUint16(pointers[2*k:], uint16(end))
	}
	binary.BigEndian.PutUint16(header[5:], uint16(end))
}

// cells are those of one page that is being filled.
type cells struct {
	bytes []byte
	ends  []int
}

func (c *cells) count() int { return len(c.ends) }

func (c *cells) at(k int) []byte {
	start := 0
	if k > 0 {
		start = c.ends[k-1]
	}
	return c.bytes[start:c.ends[k]]
}

func (c *cells) push(cell []byte) {
	c.bytes = append(c.bytes, cell...)
	c.ends = append(c.ends, len(c.bytes))
}

// pop takes the last cell off; it is good until the next push.
func (c *cells) pop() []byte {
	cell := c.at(len(c.ends) - 1)
	c.ends = c.ends[:len(c.ends)-1]
	c.bytes = c.bytes[:len(c.bytes)-len(cell)]
	return cell
}

func (c *cells) reset() { c.bytes, c.ends = c.bytes[:0], c.ends[:0] }

// fits says whether a page with a header of the given length has room for a cell
// of n bytes more.
func (c *cells) fits(header, n int) bool {
	return header+2*(len(c.ends)+1)+len(c.bytes)+n <= pageSize
}

// tree writes one b-tree from entries that come in order, filling each page. It
// holds one page per level in memory.
type tree struct {
	pager *pager
	index bool // an index keeps entries in inner pages too, a table only rowids
	leaf  cells
	held  []byte // of an index: the entry that did not fit, which parts two leaves
	last  uint64 // of a table: the rowid added last
	inner []*inner
}

// inner is a level of inner pages. Its cells are a child's page number and the
// key that parts this child from the next.
type inner struct {
	cells
	held []byte // the cell that did not fit
}

// Longest payloads that SQLite keeps on the page, for pages of 4096 bytes.
// Longer ones would need overflow pages; names here are never that long.
const (
	maxTablePayload = pageSize - 35
	maxIndexPayload = (pageSize-12)*64/255 - 23
)

// addRow adds a row of a table.
func (t *tree) addRow(rowid uint64, record []byte, scratch []byte) []byte {
	if len(record) > maxTablePayload {
		t.fail("row", len(record))
		return scratch
	}
	cell := appendVarint(appendVarint(scratch[:0], uint64(len(record))), rowid)
	cell = append(cell, record...)
	if !t.leaf.fits(8, len(cell)) {
		t.raise(0, t.flushLeaf(), appendVarint(nil, t.last))
	}
	t.leaf.push(cell)
	t.last = rowid
	return cell
}

// addEntry adds an entry of an index.
func (t *tree) addEntry(record []byte, scratch []byte) []byte {
	if len(record) > maxIndexPayload {
		t.fail("index entry", len(record))
		return scratch
	}
	cell := append(appendVarint(scratch[:0], uint64(len(record))), record...)
	switch {
	case t.held != nil:
		t.raise(0, t.flushLeaf(), t.held)
		t.held = nil
		t.leaf.push(cell)
	case t.leaf.fits(8, len(cell)):
		t.leaf.push(cell)
	default:
		t.held = append([]byte(nil), cell...)
	}
	return cell
}

func (t *tree) fail(what string, n int) {
	if t.pager.err == nil {
		t.pager.err = fmt.Errorf("write manifest: %s of %d bytes is too long for a page", what, n)
	}
}

func (t *tree) flushLeaf() uint32 {
	kind := leafTable
	if t.index {
		kind = leafIndex
	}
	n := t.pager.write(kind, &t.leaf, 0)
	t.leaf.reset()
	return n
}

// raise tells the level above that child is whole and key comes after it.
func (t *tree) raise(level int, child uint32, key []byte) {
	if level == len(t.inner) {
		t.inner = append(t.inner, &inner{})
	}
	l := t.inner[level]
	cell := append(binary.BigEndian.AppendUint32(nil, child), key...)
	switch {
	case l.held != nil:
		t.part(level, l.held)
		l.held = nil
		l.push(cell)
	case l.fits(12, len(cell)):
		l.push(cell)
	default:
		l.held = cell
	}
}

// part ends an inner page: the child of cell becomes its rightmost, the key of
// cell goes up.
func (t *tree) part(level int, cell []byte) {
	l := t.inner[level]
	page := t.flushInner(l, binary.BigEndian.Uint32(cell))
	t.raise(level+1, page, cell[4:])
}

func (t *tree) flushInner(l *inner, right uint32) uint32 {
	kind := innerTable
	if t.index {
		kind = innerIndex
	}
	n := t.pager.write(kind, &l.cells, right)
	l.reset()
	return n
}

// finish writes what is left and answers the root page. No page but a root is
// ever empty: where the last entry parts two pages, the one before it does so
// instead.
func (t *tree) finish() uint32 {
	if t.held != nil {
		before := append([]byte(nil), t.leaf.pop()...)
		t.raise(0, t.flushLeaf(), before)
		t.leaf.push(t.held)
	}
	root := t.flushLeaf()
	for level := 0; level < len(t.inner); level++ {
		l := t.inner[level]
		if l.held != nil {
			before := append([]byte(nil), l.pop()...)
			t.part(level, before)
			l.push(l.held)
		}
		root = t.flushInner(l, root)
	}
	return root
}

// appendVarint adds SQLite's variable-length integer: big-endian, 7 bits a byte.
func appendVarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	n := 1
	for w := v >> 7; w != 0; w >>= 7 {
		n++
	}
	for k := n - 1; k > 0; k-- {
		b = append(b, byte(v>>(7*k))|0x80)
	}
	return append(b, byte(v)&0x7f)
}
