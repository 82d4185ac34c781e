package contents

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
)

// WriteManifest writes the Manifest.db of this view to f, which must be empty and
// at its beginning, and answers its length. The file is a plain SQLite database,
// whose rows have the keys of bodies when bag encrypts; Keybag.SealManifest then
// makes it the file that a host gets. It depends on view and bag alone, so equal
// phones give equal bytes.
//
// It is written page by page, because SQLite itself would take most of a run: a
// million rows take seconds and one page per level of each b-tree, plus the
// paths, which an index wants in order.
func (v *View) WriteManifest(f interface {
	io.Writer
	io.WriterAt
}, bag *Keybag) (int64, error) {
	w := &manifest{view: v, bag: bag, pager: pager{w: bufio.NewWriterSize(f, 256<<10)}}
	w.pager.write(leafTable, &cells{}, 0) // page 1, until the roots are known
	schema := w.files()
	schema = append(schema, w.properties()...)
	if w.pager.err == nil {
		w.pager.err = w.pager.w.Flush()
	}
	if w.pager.err != nil {
		return 0, w.pager.err
	}
	if _, err := f.WriteAt(w.firstPage(schema), 0); err != nil {
		return 0, fmt.Errorf("write manifest: %w", err)
	}
	return int64(w.pager.last) * pageSize, nil
}

type manifest struct {
	view           *View
	bag            *Keybag
	pager          pager
	cell, rec, key []byte // scratch
}

// object is a row of the schema table.
type object struct {
	kind, name, table string
	root              uint32
	sql               string
}

const (
	createFiles      = "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)"
	createProperties = "CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)"
)

// files writes the table Files, rows in the order of their ids, and its indexes.
func (m *manifest) files() []object {
	order := m.view.ByID()
	paths := make([]pathKey, len(order))
	var names []byte // all paths, one after the other
	domains := map[string][]uint64{}
	flags := map[Kind][]uint64{}
	table := &tree{pager: &m.pager}
	file, dir, link := newArchive(false, m.bag.Encrypts()), newArchive(false, false), newArchive(true, false)
	var blob, fileKey []byte
	for k, i := range order {
		rowid, start := uint64(k)+1, len(names)
		var domain string
		domain, names = m.view.appendName(names, int(i))
		paths[k] = pathKey{start, len(names), rowid}
		row := m.view.Row(int(i))
		a, target := dir, ""
		switch row.Kind {
		case Link:
			a, target = link, m.view.Target(int(i))
		case File:
			if a = file; m.bag.Encrypts() {
				fileKey = m.bag.appendFileKey(fileKey[:0], m.view, int(i))
			}
		}
		blob = a.append(blob[:0], m.view.numbers(int(i), row), names[start:], target, fileKey)
		m.record(text(m.hexID(row.ID)), text(domain), text(names[start:]), number(row.Kind), data(blob))
		m.cell = table.addRow(rowid, m.rec, m.cell)
		domains[domain] = append(domains[domain], rowid)
		flags[row.Kind] = append(flags[row.Kind], rowid)
	}
	slices.SortFunc(paths, func(a, b pathKey) int {
		if c := bytes.Compare(names[a.start:a.end], names[b.start:b.end]); c != 0 {
			return c
		}
		return int(a.rowid) - int(b.rowid)
	})
	return []object{
		{"table", "Files", "Files", table.finish(), createFiles},
		{"index", "sqlite_autoindex_Files_1", "Files", m.idIndex(order), ""},
		{"index", "FilesDomainIdx", "Files", bucketIndex(m, domains, func(d string) column { return text(d) }),
			"CREATE INDEX FilesDomainIdx ON Files(domain)"},
		{"index", "FilesRelativePathIdx", "Files", m.pathIndex(names, paths),
			"CREATE INDEX FilesRelativePathIdx ON Files(relativePath)"},
		{"index", "FilesFlagsIdx", "Files", bucketIndex(m, flags, func(k Kind) column { return number(k) }),
			"CREATE INDEX FilesFlagsIdx ON Files(flags)"},
	}
}

// properties writes the table Properties, which only encrypted phones fill.
func (m *manifest) properties() []object {
	table := &tree{pager: &m.pager}
	index := &tree{pager: &m.pager, index: true}
	if m.bag.Encrypts() {
		salt := m.bag.salt()
		hash := m.bag.PasswordHash(salt)
		for n, row := range [][2]column{{text("passwordHash"), data(hash[:])}, {text("salt"), data(salt)}} {
			m.record(row[0], row[1])
			m.cell = table.addRow(uint64(n)+1, m.rec, m.cell)
			m.record(row[0], number(n+1))
			m.cell = index.addEntry(m.rec, m.cell)
		}
	}
	return []object{
		{"table", "Properties", "Properties", table.finish(), createProperties},
		{"index", "sqlite_autoindex_Properties_1", "Properties", index.finish(), ""},
	}
}

// pathKey is a path within the bytes of all of them.
type pathKey struct {
	start, end int
	rowid      uint64
}

func (m *manifest) idIndex(order []int32) uint32 {
	index := &tree{pager: &m.pager, index: true}
	for k, i := range order {
		m.record(text(m.hexID(m.view.ids[i])), number(k+1))
		m.cell = index.addEntry(m.rec, m.cell)
	}
	return index.finish()
}

func (m *manifest) pathIndex(names []byte, paths []pathKey) uint32 {
	index := &tree{pager: &m.pager, index: true}
	for _, p := range paths {
		m.record(text(names[p.start:p.end]), number(p.rowid))
		m.cell = index.addEntry(m.rec, m.cell)
	}
	return index.finish()
}

// bucketIndex writes an index whose few keys each have many rows.
func bucketIndex[K interface{ ~string | ~uint8 }](m *manifest, buckets map[K][]uint64, key func(K) column) uint32 {
	index := &tree{pager: &m.pager, index: true}
	for _, k := range slices.Sorted(maps.Keys(buckets)) {
		for _, rowid := range buckets[k] {
			m.record(key(k), number(rowid))
			m.cell = index.addEntry(m.rec, m.cell)
		}
	}
	return index.finish()
}

func (m *manifest) hexID(id [20]byte) []byte {
	m.key = hex.AppendEncode(m.key[:0], id[:])
	return m.key
}

// numbers are what MBFile says of a row.
func (v *View) numbers(i int, row Row) *[numberCount]int64 {
	n := [numberCount]int64{
		lastModified: row.Modified, lastStatusChange: row.Modified, birth: min(row.Modified, firstTime),
		size:  row.Size,
		inode: int64(i) + 1<<20 + int64(mix(v.plan.seed, forInode)%(1<<20)),
	}
	switch row.Kind {
	case File:
		n[mode] = 0o100644
	case Dir:
		n[mode] = 0o040755
	case Link:
		n[mode] = 0o120755
	}
	return &n
}

// firstPage is the database's header and the schema table.
func (m *manifest) firstPage(schema []object) []byte {
	page := make([]byte, pageSize)
	copy(page, "SQLite format 3\x00")
	be := binary.BigEndian
	be.PutUint16(page[16:], pageSize)
	copy(page[18:], []byte{1, 1, 0, 64, 32, 32}) // rollback journal, no reserved bytes, payload fractions
	be.PutUint32(page[24:], 1)                   // file change counter
	be.PutUint32(page[28:], m.pager.last)        // pages
	be.PutUint32(page[40:], uint32(len(schema))) // schema cookie
	be.PutUint32(page[44:], 4)                   // schema format
	be.PutUint32(page[56:], 1)                   // UTF-8
	be.PutUint32(page[60:], 2)                   // user_version
	be.PutUint32(page[92:], 1)                   // the change counter that the next number is valid for
	be.PutUint32(page[96:], 3_043_002)           // as written by SQLite 3.43.2
	var c cells
	for k, o := range schema {
		sql := text(o.sql)
		if o.sql == "" {
			sql = column{}
		}
		m.record(text(o.kind), text(o.name), text(o.table), number(o.root), sql)
		cell := appendVarint(appendVarint(nil, uint64(len(m.rec))), uint64(k)+1)
		c.push(append(cell, m.rec...))
	}
	layOut(page, 100, leafTable, &c, 0)
	return page
}
