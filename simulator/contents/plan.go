package contents

import (
	"cmp"
	"crypto/sha1"
	"slices"
	"sort"
	"sync"
)

// plan is all that follows from a Config: which rows there are at the
// beginning, how they are called and how long they are. Rows lie in groups of
// like ones, one group after the other in the index:
//
//	fixed        rows written down in fixed.go, and the directories above all others
//	cameraDirs   directories of the camera roll
//	camera       photos and videos
//	storeDirs    directories of apps and of the system
//	store        the files in them
//	then one group per Add
type plan struct {
	seed    uint64
	profile Profile
	fixed   []fixedRow

	cameraDirs, camera int
	storeDirs, store   int

	want    uint64 // bytes that all files have together at the beginning
	natural uint64 // what they would have without Config.Bytes
	rest    int    // the index that takes what rounding left over
	spare   int64  // those bytes

	ids  [][20]byte
	pool []byte // what bodies are cut from; see Body

	rounds int // of key bags
}

// addition is the group of rows of one Add: a directory, then n photos.
type addition struct {
	first int // its first index
	n     int
	born  uint32 // the number of its change
	place int    // how many Adds were before it
}

const (
	perCameraDir = 1000 // as iOS does
	perStoreDir  = 200
)

func newPlan(cfg Config) *plan {
	p := &plan{seed: cfg.Seed, profile: cfg.Profile}
	if p.profile != Large && p.profile != Small {
		p.profile = Phone
	}
	files := cfg.Files
	if files <= 0 {
		files = map[Profile]int{Phone: 2000, Large: 64, Small: 10000}[p.profile]
	}
	fixed := min(files, len(fixedFiles))
	if p.profile == Large { // whose files are to be few and big
		fixed = min(fixed, files/4)
	}
	bulk := files - fixed
	switch p.profile {
	case Phone:
		p.camera = bulk / 25
	case Large:
		p.camera = bulk
	}
	p.store = bulk - p.camera
	p.cameraDirs = (p.camera + perCameraDir - 1) / perCameraDir
	p.storeDirs = (p.store + perStoreDir - 1) / perStoreDir
	p.fixed = fixedRows(fixed)
	p.pool = newPool(p.seed)
	p.rounds = cmp.Or(cfg.Rounds, defaultRounds)
	p.measure(cfg.Bytes)
	p.ids = p.appendIDs(nil, &View{plan: p}, p.len())
	return p
}

func (p *plan) len() int {
	return len(p.fixed) + p.cameraDirs + p.camera + p.storeDirs + p.store
}

// measure settles the sizes, so that they add up to want exactly.
func (p *plan) measure(want int64) {
	v := &View{plan: p}
	p.rest = -1
	for i := range p.len() {
		if v.kind(i) == File {
			p.natural += p.naturalSize(v.place(i))
			p.rest = i
		}
	}
	p.want = p.natural
	if want > 0 {
		p.want = uint64(want)
	}
	if p.rest < 0 || p.natural == 0 {
		p.want = 0
		return
	}
	var sum uint64
	for i := range p.len() {
		if v.kind(i) == File {
			sum += scale(p.naturalSize(v.place(i)), p.want, p.natural)
		}
	}
	p.spare = int64(p.want - sum)
}

func (p *plan) firstView() *View {
	v := &View{plan: p, ids: slices.Clip(p.ids), gens: make([]uint32, p.len()), bytes: int64(p.want)}
	for i := range v.gens {
		if v.kind(i) == File {
			v.files++
		}
	}
	v.sorted = sync.OnceValue(v.sortByID)
	return v
}

// appendIDs adds the ids of the rows up to index n of v.
func (p *plan) appendIDs(ids [][20]byte, v *View, n int) [][20]byte {
	ids = slices.Grow(ids, n-len(ids))
	var path, name []byte
	for i := len(ids); i < n; i++ {
		var domain string
		domain, path = v.appendName(path[:0], i)
		name = append(name[:0], domain...)
		name = append(name, '-')
		name = append(name, path...)
		ids = append(ids, sha1.Sum(name))
	}
	return ids
}

// after is the view after one more change.
func (v *View) after(ch change) *View {
	from := v
	if ch.verb == restored {
		from = ch.view
	}
	next := &View{
		plan: from.plan, changes: v.changes + 1, last: max(v.last, from.last) + 1,
		adds: from.adds, ids: from.ids, files: from.files, bytes: from.bytes,
	}
	next.sorted = sync.OnceValue(next.sortByID)
	number := next.last
	switch ch.verb {
	case restored:
		next.gens = from.gens
		if ch.keep && from.plan == v.plan {
			next.keep(v)
		}
		return next
	case wipe:
		next.clear(v)
		return next
	case add:
		next.grow(v, ch.n, number)
		return next
	}
	next.gens = slices.Clone(v.gens)
	for _, i := range v.pick(ch) {
		next.bytes -= v.size(int(i))
		if ch.verb == modify {
			next.gens[i] = number
			next.bytes += next.size(int(i))
		} else {
			next.gens[i] = gone
			next.files--
		}
		next.touched++
	}
	return next
}

// keep takes over the rows of old that v has not, as far as they are the same rows.
func (v *View) keep(old *View) {
	common, k := v.plan.len(), 0
	for k < min(len(v.adds), len(old.adds)) && v.adds[k] == old.adds[k] {
		common += 1 + v.adds[k].n
		k++
	}
	v.gens = slices.Clone(v.gens)
	if k == len(v.adds) { // old went on from here
		v.adds, v.ids, common = old.adds, old.ids, old.Len()
		for len(v.gens) < common {
			v.gens = append(v.gens, gone)
		}
	}
	for i := range common {
		if v.gens[i] != gone || old.gens[i] == gone {
			continue
		}
		v.gens[i] = old.gens[i]
		v.touched++
		if v.kind(i) == File {
			v.files++
			v.bytes += v.size(i)
		}
	}
}

// clear takes all but the directories off.
func (v *View) clear(old *View) {
	v.gens = slices.Clone(old.gens)
	for i, g := range v.gens {
		if g != gone && v.kind(i) != Dir {
			v.gens[i] = gone
			v.touched++
		}
	}
	v.files, v.bytes = 0, 0
}

func (v *View) grow(old *View, n int, number uint32) {
	a := addition{first: old.Len(), n: n, born: number, place: len(old.adds)}
	v.adds = append(slices.Clip(old.adds), a)
	v.gens = append(slices.Clip(old.gens), number)
	for range n {
		v.gens = append(v.gens, number)
	}
	v.ids = v.plan.appendIDs(slices.Clip(old.ids), v, len(v.gens))
	v.files += n
	v.touched = n
	for i := a.first + 1; i < len(v.gens); i++ {
		v.bytes += v.size(i)
	}
}

// calm is the size over which Modify leaves a file alone.
const calm = 8 << 20

// pick answers the rows that a modify or remove takes.
func (v *View) pick(ch change) []int32 {
	var small, huge []int32
	for i, g := range v.gens {
		switch {
		case g == gone || v.kind(i) != File:
		case ch.verb == modify && v.size(i) > calm:
			huge = append(huge, int32(i))
		default:
			small = append(small, int32(i))
		}
	}
	n := min(ch.n, len(small)+len(huge))
	if n > len(small) {
		small = append(small, huge...)
	}
	for k := range n {
		h := mix(v.plan.seed, forPick, uint64(v.changes), uint64(k))
		j := k + int(h%uint64(len(small)-k))
		small[k], small[j] = small[j], small[k]
	}
	return small[:n]
}

// place is where a row index lies: in which group, and where in it.
type place struct {
	group group
	n     int // index within the group
	add   *addition
	index int
}

type group uint8

const (
	inFixed group = iota
	inCameraDirs
	inCamera
	inStoreDirs
	inStore
	inAddDir
	inAdd
)

func (v *View) place(i int) place {
	p, n := v.plan, i
	for g, length := range [...]int{len(p.fixed), p.cameraDirs, p.camera, p.storeDirs, p.store} {
		if n < length {
			return place{group: group(g), n: n, index: i}
		}
		n -= length
	}
	k := sort.Search(len(v.adds), func(k int) bool { return v.adds[k].first > i }) - 1
	a := &v.adds[k]
	if i == a.first {
		return place{group: inAddDir, add: a, index: i}
	}
	return place{group: inAdd, n: i - a.first - 1, add: a, index: i}
}

func (v *View) kind(i int) Kind {
	switch at := v.place(i); at.group {
	case inFixed:
		return v.plan.fixed[at.n].kind
	case inCameraDirs, inStoreDirs, inAddDir:
		return Dir
	}
	return File
}
