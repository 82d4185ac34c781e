package store

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"homeport/backup/mobilesync"
	"homeport/backup/tree"
)

// shares finds out how the bytes of versions, newest first, lie on the disk. Names
// of one file are one by its inode. What was cloned by reflink, or lies where the
// system tells no inode, is taken for its base's while the seals give it the same
// sum: that counts too little as free rather than too much.
//
// It goes through the versions a folder of bodies at a time, so that its memory is
// a 256th of the phone's files.
func (p *phone) shares(ctx context.Context, vs []Version) ([]Share, error) {
	m := &measurer{phone: p, bytes: map[string]int64{}}
	defer m.close()
	for _, v := range slices.Backward(vs) { // the oldest first: bases before what is built on them
		if v.ours() {
			m.open(v)
		}
	}
	for _, shard := range m.shards() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := m.shard(shard); err != nil {
			return nil, err
		}
	}
	return m.list(), nil
}

// shards names the folders of bodies that there are, in order.
func (m *measurer) shards() []string {
	there := map[string]bool{}
	for _, part := range m.parts {
		for _, n := range part.folders {
			there[n] = true
		}
	}
	return slices.Sorted(maps.Keys(there))
}

// measurer is one measurement under way.
type measurer struct {
	phone *phone
	parts []*measured      // oldest first
	bytes map[string]int64 // by the versions that share them, as a set in bits
}

// measured is a version that is being measured.
type measured struct {
	id      VersionID
	home    tree.Dir // <UDID>/
	folders []string // of bodies
	bySum   bool     // how it was cloned leaves inodes of its own
	sums    *sumsReader
	file    tree.File
	prefix  string
	shard   map[string]*extent // of the folder at hand, by name
}

// extent is one file's room on the disk.
type extent struct {
	versions []byte // a set, in bits
	bytes    int64
	sum      sum // known when bySum
	known    bool
}

// open prepares a version. One that cannot be read takes no part: it is removed by
// nobody.
func (m *measurer) open(v Version) {
	d, err := openPath(m.phone.dir, versionsName, string(v.ID))
	if err != nil {
		return
	}
	defer d.Close()
	r, err := readRecord(d, v.ID)
	if err != nil {
		return
	}
	part := &measured{id: v.ID, prefix: r.UDID + "/", bySum: r.Strategy == tree.Reflink.String()}
	if part.home, err = d.OpenDir(r.UDID); err != nil {
		part.home = nil
	} else if names, err := part.home.Names(); err == nil {
		part.folders = slices.DeleteFunc(names, func(n string) bool { return !shardForm.MatchString(n) })
	}
	if part.file, err = d.Open(sumsName); err == nil {
		part.sums = newSumsReader(part.file)
	} else {
		part.file = nil
	}
	m.parts = append(m.parts, part)
	m.beside(len(m.parts)-1, d, recordName, sumsName)
	if part.home != nil {
		m.beside(len(m.parts)-1, part.home, mobilesync.InfoFile, mobilesync.StatusFile, mobilesync.ManifestFile, mobilesync.DatabaseFile)
	}
}

// beside counts files that no two versions share.
func (m *measurer) beside(i int, d tree.Dir, names ...string) {
	for _, n := range names {
		if info, err := d.Lstat(n); err == nil {
			m.add(set(nil, i), info.Size)
		}
	}
}

func (m *measurer) add(versions []byte, n int64) { m.bytes[string(versions)] += n }

// set adds the number i to a set of bits.
func set(bits []byte, i int) []byte {
	for len(bits) <= i/8 {
		bits = append(bits, 0)
	}
	bits[i/8] |= 1 << (i % 8)
	return bits
}

// shard measures one folder of bodies in all versions.
func (m *measurer) shard(name string) error {
	byInode := map[tree.Inode]*extent{}
	var all []*extent
	var before *measured // the next older version
	for i, part := range m.parts {
		if err := part.look(name, func(body string, info tree.Info) {
			e := m.extent(part, before, body, info, byInode)
			if len(e.versions) == 0 {
				e.bytes = info.Size
				all = append(all, e)
			}
			e.versions = set(e.versions, i)
			part.shard[body] = e
		}); err != nil {
			return err
		}
		before = part
	}
	for _, e := range all {
		m.add(e.versions, e.bytes)
	}
	return nil
}

// extent finds which file a body is.
func (m *measurer) extent(part, before *measured, body string, info tree.Info, byInode map[tree.Inode]*extent) *extent {
	if info.ID != (tree.Inode{}) {
		if e := byInode[info.ID]; e != nil {
			return e
		}
	}
	fresh := &extent{}
	fresh.sum, fresh.known = part.sum(body)
	if before != nil && (part.bySum || info.ID == tree.Inode{}) && fresh.known {
		if e := before.shard[body]; e != nil && e.known && e.sum == fresh.sum && e.bytes == info.Size {
			return e
		}
	}
	if info.ID != (tree.Inode{}) {
		byInode[info.ID] = fresh
	}
	return fresh
}

// look visits the bodies in one folder, in the order of their names.
func (part *measured) look(name string, visit func(body string, info tree.Info)) error {
	part.shard = map[string]*extent{}
	if part.home == nil {
		return nil
	}
	d, err := part.home.OpenDir(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, n := range names {
		if info, err := d.Lstat(n); err == nil && info.Regular() {
			visit(name+"/"+n, info)
		}
	}
	return nil
}

// sum reads the seal up to a body. Bodies have to be asked for in order.
func (part *measured) sum(body string) (sum, bool) {
	if part.sums == nil || !part.sums.seek(part.prefix+body) {
		return sum{}, false
	}
	return part.sums.sum, true
}

// list gathers what was measured, in an order that does not change.
func (m *measurer) list() []Share {
	var list []Share
	for _, bits := range slices.Sorted(maps.Keys(m.bytes)) {
		s := Share{Bytes: m.bytes[bits]}
		for i, part := range m.parts {
			if i/8 < len(bits) && bits[i/8]&(1<<(i%8)) != 0 {
				s.Versions = append(s.Versions, part.id)
			}
		}
		list = append(list, s)
	}
	return list
}

func (m *measurer) close() {
	for _, part := range m.parts {
		if part.home != nil {
			_ = part.home.Close()
		}
		if part.file != nil {
			_ = part.file.Close()
		}
	}
}
