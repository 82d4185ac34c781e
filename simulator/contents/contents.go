package contents

import (
	"cmp"
	"slices"
	"sync"
)

// Profile is a shape of phone: how many files of which sizes.
type Profile string

// The profiles, with what they hold when Config names no numbers.
const (
	Phone Profile = "phone" // 2,000 files, about 800 MB: many small ones, some photos, a few huge videos
	Large Profile = "large" // 64 files, about 1.6 GB: most of about 32 MiB, some small
	Small Profile = "small" // 10,000 files, about 85 MB: of up to 16 KiB
)

// Config says what is on a phone. Two phones with equal Configs are equal.
type Config struct {
	Seed    uint64
	Profile Profile // empty means Phone
	Files   int     // regular files, empty ones included; 0 means the profile's number
	Bytes   int64   // bytes in all of them together, exactly; 0 means the profile's sizes

	Password string // the backup password at the beginning; empty means that none is set
	Rounds   int    // of the key bag's first key derivation; 0 means 1,000, a phone has 10,000,000
}

// Contents is what is on one phone, now and at every change before. Its methods
// may be called from several goroutines.
type Contents struct {
	plan *plan

	mu  sync.Mutex
	log []change
	now *View
	bag *Keybag
}

// change is one entry of the change log: the whole history of a phone is its
// Config and these.
type change struct {
	verb verb
	n    int
	view *View // of restored: what the phone was brought to
	keep bool  // and that what it had beside it stayed
}

type verb uint8

const (
	modify verb = iota
	add
	remove
	wipe
	restored
)

// New makes a phone. It costs about half a microsecond and 28 bytes per file.
func New(cfg Config) *Contents {
	p := newPlan(cfg)
	return &Contents{plan: p, now: p.firstView(), bag: p.newKeybag(0, cfg.Password)}
}

// Seed is the Config's.
func (c *Contents) Seed() uint64 { return c.plan.seed }

// View is what is on the phone now. It does not change afterwards, as an APFS
// snapshot does not.
func (c *Contents) View() *View {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// At is what was on the phone after the given number of changes, 0 for the
// beginning. It is nil when there were fewer changes.
func (c *Contents) At(changes int) *View {
	c.mu.Lock()
	log, now := c.log, c.now
	c.mu.Unlock()
	switch {
	case changes < 0 || changes > len(log):
		return nil
	case changes == len(log):
		return now
	}
	v := c.plan.firstView()
	for _, ch := range log[:changes] {
		v = v.after(ch)
	}
	return v
}

// Modify gives n files new bytes and a new time; about half of them keep their
// length. Files over 8 MiB are left alone as long as there are others, because
// people rarely edit their videos. It answers how many were modified.
func (c *Contents) Modify(n int) int { return c.change(change{verb: modify, n: n}) }

// Add puts n new photos on the phone, in a directory of their own.
func (c *Contents) Add(n int) int { return c.change(change{verb: add, n: n}) }

// Delete removes n files. It answers how many were removed.
func (c *Contents) Delete(n int) int { return c.change(change{verb: remove, n: n}) }

// Wipe takes every file and link off the phone, the backup password too, as
// erasing it does. What was there before can still be restored.
func (c *Contents) Wipe() {
	c.change(change{verb: wipe})
	c.SetPassword("")
}

// Restore brings the phone to v, a view of this phone or of another one. With keep,
// rows that it has and v has not stay; of another phone's view, or of a past that
// was left by an earlier Restore, they go all the same. Files written later differ
// from all that were in either before.
func (c *Contents) Restore(v *View, keep bool) { c.change(change{verb: restored, view: v, keep: keep}) }

// SetPassword sets, changes or, when it is empty, removes the backup password. Each
// call makes a new key bag.
func (c *Contents) SetPassword(password string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bag = c.plan.newKeybag(c.bag.number+1, password)
}

// Keybag is what the phone encrypts its backups with now.
func (c *Contents) Keybag() *Keybag {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bag
}

func (c *Contents) change(ch change) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch.n = max(ch.n, 0)
	next := c.now.after(ch)
	c.log = append(slices.Clip(c.log), ch)
	c.now = next
	return next.touched
}

// gone marks a deleted row in View.gens.
const gone = ^uint32(0)

// View is what is on a phone at one moment: rows with the indexes 0 to Len()-1,
// which keep their index for ever. A row that was deleted stays as a gap.
type View struct {
	plan    *plan
	changes int
	last    uint32     // the number of the last change; after restoring, more than changes
	touched int        // rows that the last change touched
	adds    []addition // in the order of the changes
	ids     [][20]byte // by index; shared with earlier and later views
	gens    []uint32   // by index: the number of the change that last wrote the row, or gone
	files   int        // live regular files
	bytes   int64      // in them
	sorted  func() []int32
}

// Row is what is known of a row without its names.
type Row struct {
	ID       [20]byte // SHA-1 of domain, "-" and path
	Kind     Kind
	Size     int64 // of the body; 0 for directories and links
	Modified int64 // Unix seconds; tells one state of a file from all its others
}

// Kind is what a row is; the numbers are those of the flags column of Manifest.db.
type Kind uint8

// The kinds of rows. Only a File has a body.
const (
	File Kind = 1
	Dir  Kind = 2
	Link Kind = 4
)

// Changes is the number of changes that led to this view.
func (v *View) Changes() int { return v.changes }

// Len is the number of indexes, gaps included.
func (v *View) Len() int { return len(v.gens) }

// Files is the number of regular files.
func (v *View) Files() int { return v.files }

// Bytes is the sum of the sizes of all regular files.
func (v *View) Bytes() int64 { return v.bytes }

// Live says whether row i is on the phone.
func (v *View) Live(i int) bool { return v.gens[i] != gone }

// Row answers row i; it must be live.
func (v *View) Row(i int) Row {
	r := Row{ID: v.ids[i], Kind: v.kind(i), Modified: v.modified(i)}
	if r.Kind == File {
		r.Size = v.size(i)
	}
	return r
}

// ByID lists the indexes of all live rows in the order of their ids.
func (v *View) ByID() []int32 { return v.sorted() }

// Find answers the index of the live row with this id.
func (v *View) Find(id [20]byte) (int, bool) {
	order := v.sorted()
	k, ok := slices.BinarySearchFunc(order, id, func(i int32, id [20]byte) int { return compareIDs(&v.ids[i], &id) })
	if !ok {
		return 0, false
	}
	return int(order[k]), true
}

func (v *View) sortByID() []int32 {
	order := make([]int32, 0, len(v.gens))
	for i, g := range v.gens {
		if g != gone {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return compareIDs(&v.ids[a], &v.ids[b]) })
	return order
}

func compareIDs(a, b *[20]byte) int {
	for k := range a {
		if a[k] != b[k] {
			return cmp.Compare(a[k], b[k])
		}
	}
	return 0
}
