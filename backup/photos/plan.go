package photos

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// kind says why a file is copied.
type kind int

const (
	isNew     kind = iota
	isChanged      // the phone has another one under a path that was copied before
	isMissing      // it was copied, and is no longer in the folder
)

// job is one file to copy.
type job struct {
	item
	kind    kind
	old     *entry // what the record has of the path; nil for a new one
	name    string // where it goes, "2026/2026-11/IMG_0001.HEIC"
	compare bool   // a file that the record does not have is there already: it may be this one
}

// batch is the files of one group that are copied, under one common stem.
type batch struct {
	group string
	dir   string
	from  int // the number that the stem has at least
	jobs  []job
}

// disk is what is in the folders of months: the sizes of files by folded name.
type disk map[string]map[string]int64

// noFile is the size of what has a name and is no regular file.
const noFile = -1

// planner decides which files are copied and what they are called. It only
// computes: what is on the phone, in the record and in the folder is given.
type planner struct {
	rec   *record
	disk  disk
	zone  *time.Location
	owner map[string]string // folder and folded stem: the group that has it, "" for nobody of ours
	taken map[string]bool   // folded names that this plan gives away
	tried map[string]int    // folded stems without number: the highest number that was given away
}

// plan is what one look at the phone leads to.
type plan struct {
	batches []batch
	files   int
	bytes   int64
	here    int // files that are here already
}

func newPlanner(rec *record, d disk, zone *time.Location) *planner {
	p := &planner{rec: rec, disk: d, zone: zone, owner: map[string]string{}, taken: map[string]bool{}, tried: map[string]int{}}
	for dir, names := range d {
		for name := range names {
			p.owner[stemKey(dir, name)] = ""
		}
	}
	for i := range rec.entries {
		e := &rec.entries[i]
		dir, name := splitName(e.name)
		p.owner[stemKey(dir, name)] = groupOf(e.path)
	}
	return p
}

func splitName(rel string) (dir, name string) {
	i := strings.LastIndexByte(rel, '/')
	return rel[:max(i, 0)], rel[i+1:]
}

// stemKey is what files that look as if they belonged together have in common.
func stemKey(dir, name string) string { return fold(dir + "/" + common(name)) }

// plan looks at items, which are sorted by path.
func (p *planner) plan(items []item) plan {
	groups := make([]groupedItem, len(items))
	for i := range items {
		groups[i] = groupedItem{groupOf(items[i].path), i}
	}
	slices.SortStableFunc(groups, func(a, b groupedItem) int { return cmp.Compare(a.group, b.group) })
	var out plan
	for len(groups) > 0 {
		n := 1
		for n < len(groups) && groups[n].group == groups[0].group {
			n++
		}
		p.planGroup(&out, items, groups[:n])
		groups = groups[n:]
	}
	return out
}

type groupedItem struct {
	group string
	at    int
}

// planGroup decides about files that belong together.
func (p *planner) planGroup(out *plan, items []item, members []groupedItem) {
	b := batch{group: members[0].group, from: 1}
	another := false // an original is another one than before
	for _, m := range members {
		it := items[m.at]
		j := job{item: it, old: p.rec.of(it.path)}
		if j.old != nil {
			p.follow(&b, j.old)
			switch {
			case j.old.size != it.size || j.old.mod != it.mod:
				j.kind = isChanged
				another = another || !isExtra(it.path)
			case p.has(j.old):
				out.here++
				continue
			default:
				j.kind = isMissing
			}
		}
		b.jobs = append(b.jobs, j)
	}
	if len(b.jobs) == 0 {
		return
	}
	if b.dir == "" || another {
		if dir := p.month(items, members); dir != b.dir {
			b.dir, b.from = dir, 1
		}
	}
	p.place(&b)
	out.batches = append(out.batches, b)
	for i := range b.jobs {
		out.files++
		out.bytes = sum(out.bytes, b.jobs[i].size)
	}
}

// has tells whether the folder still has what was copied.
func (p *planner) has(e *entry) bool {
	dir, name := splitName(e.name)
	size, ok := p.disk[dir][fold(name)]
	return ok && size == e.size
}

// follow makes a batch go where the last files of its group went.
func (p *planner) follow(b *batch, e *entry) {
	dir, name := splitName(e.name)
	if n := numberOf(name, nameFor(e.path)); b.dir == "" || n > b.from {
		b.dir, b.from = dir, n
	}
}

// numberOf is the number that numbered put into a name; 1 for none.
func numberOf(name, plain string) int {
	stem, _ := cut(name)
	first, _ := cut(plain)
	var n int
	if rest, ok := strings.CutPrefix(stem, first+"-"); ok {
		if _, err := fmt.Sscanf(rest, "%d", &n); err == nil && n > 1 && n < math.MaxInt32 {
			return n
		}
	}
	return 1
}

// place finds the lowest number under which all jobs of a batch have a free name,
// and takes the names.
func (p *planner) place(b *batch) {
	base := stemKey(b.dir, nameFor(b.jobs[0].path))
	n := b.from
	if n == 1 { // as with many pictures of one name
		n = p.tried[base] + 1
	}
	for !p.fits(b, n) {
		n++
	}
	b.from, p.tried[base] = n, n
	for i := range b.jobs {
		dir, name := splitName(b.jobs[i].name)
		p.taken[fold(b.jobs[i].name)] = true
		p.owner[stemKey(dir, name)] = b.group
	}
}

// fits names the jobs of a batch with a number and tells whether they can be
// called so: the stem is nobody else's and the names are free. Files that nobody
// knows of do no harm when they could be those that are to be copied: an earlier
// run can have copied them and not come to write it down.
func (p *planner) fits(b *batch, n int) bool {
	strange, known := false, false // somebody's files with this stem; files that may be ours
	used := map[string]bool{}
	for i := range b.jobs {
		j := &b.jobs[i]
		name := nameFor(j.path)
		for used[fold(name)] { // two places on the phone, one name
			stem, ext := cut(name)
			name = stem + "_" + ext
		}
		used[fold(name)] = true
		name = numbered(name, n)
		j.name, j.compare = b.dir+"/"+name, false
		owner, owned := p.owner[stemKey(b.dir, name)]
		switch size, there := p.disk[b.dir][fold(name)]; {
		case p.taken[fold(j.name)], owned && owner != "" && owner != b.group:
			return false
		case there && (owner == b.group || j.kind == isChanged || size != j.size):
			return false
		case there:
			j.compare, known = true, true
		case owned && owner == "":
			strange = true
		}
	}
	return known || !strange
}

// month is the folder of a group: that of the earliest date of its originals.
func (p *planner) month(items []item, members []groupedItem) string {
	first := int64(math.MaxInt64)
	for _, extras := range []bool{false, true} {
		for _, m := range members {
			it := items[m.at]
			for _, ns := range []int64{it.mod, it.born} {
				if isExtra(it.path) == extras && sensible(ns) {
					first = min(first, ns)
				}
			}
		}
		if first != math.MaxInt64 {
			return time.Unix(0, first).In(p.zone).Format("2006/2006-01")
		}
	}
	return undated
}

const undated = "undated"

// sensible tells whether a date can be that of a picture: not the clock's zero,
// and not far in the future.
func sensible(ns int64) bool {
	year := time.Unix(0, ns).UTC().Year()
	return ns > 0 && year >= 1980 && year <= 2200
}

// sum adds sizes that may be lies.
func sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
