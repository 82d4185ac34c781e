package store

import (
	"fmt"
	"slices"
	"time"

	"homeport/backup"
	"homeport/cause"
)

// Policy says which versions of a phone stay. Every rule only adds to what stays;
// Size alone takes away. The zero value keeps the newest sound version.
type Policy struct {
	Last    int           // the newest sound versions; below 1 counts as 1
	Daily   int           // the newest sound version of each of so many days that have one
	Weekly  int           // the same for weeks, which begin on Monday (ISO 8601)
	Monthly int           // and for months
	Within  time.Duration // what was made less than this before the last but one
	Size    int64         // bytes that the versions may take on the disk; 0: any
}

// History is what a policy is applied to: all versions of one phone.
type History struct {
	Versions []Version // newest first, as Store.Versions lists them
	Shares   []Share   // where their bytes are; without it Size takes nothing away
	Base     VersionID // what a partial is being made from; "" for none
}

// Share is a part of the disk that some versions have in common. It becomes free
// when the last of them goes.
type Share struct {
	Versions []VersionID
	Bytes    int64
}

// Decision says what becomes of one version, and why.
type Decision struct {
	Version Version
	Keep    bool
	Reasons []string // of Keep, each rule that wants it; else why none does
	// Freed is what goes free with a version that is removed after the older ones
	// that are removed; 0 for one that stays. Own is what would go free if only
	// this one went.
	Freed, Own int64
}

// Retain applies a policy, and decides about each version in the order of the
// history. Days, weeks and months are those of zone; now only bounds how old a
// version can seem.
//
// Order is by generation, never by a clock. What is not ours, pinned or the base
// of a partial stays, and so do the newest sound version and the newest one whose
// every byte was checked. Damaged versions count for no rule, and go once as many
// newer ones as Last says are sound: until then one may be the last copy of
// something.
//
// A version's date is only ever compared with that of others. Within counts from
// the last but one, so that a single backup made under a wrong clock, or after a
// year in a drawer, makes no other version old. A version from the future is as
// old as the next newer one that is not.
func Retain(h History, p Policy, now time.Time, zone *time.Location) []Decision {
	p.Last = max(1, p.Last)
	r := &retention{History: h, policy: p, now: now, zone: zone}
	r.decided = make([]Decision, len(h.Versions))
	r.hard = make([]bool, len(h.Versions))
	for i, v := range h.Versions {
		r.decided[i].Version = v
		if v.ours() && v.Sound() {
			r.sound = append(r.sound, i)
		}
	}
	r.untouchable()
	r.floor()
	r.last()
	r.within()
	r.period("daily", p.Daily, "2006-01-02")
	r.weekly()
	r.period("monthly", p.Monthly, "2006-01")
	r.damaged()
	for i := range r.decided {
		d := &r.decided[i]
		d.Keep = len(d.Reasons) > 0
		if !d.Keep {
			d.Reasons = []string{r.why(i)}
		}
	}
	r.size()
	r.measure()
	return r.decided
}

// retention is one application of a policy.
type retention struct {
	History
	policy  Policy
	now     time.Time
	zone    *time.Location
	sound   []int // places in Versions that count, newest first
	decided []Decision
	hard    []bool // no budget takes it away
}

func (r *retention) keep(i int, format string, args ...any) {
	r.decided[i].Reasons = append(r.decided[i].Reasons, fmt.Sprintf(format, args...))
}

func (r *retention) mustKeep(i int, format string, args ...any) {
	r.hard[i] = true
	r.keep(i, format, args...)
}

// untouchable keeps what no rule may remove.
func (r *retention) untouchable() {
	for i, v := range r.Versions {
		switch {
		case !v.ours():
			r.mustKeep(i, "not readable as a version of Homeport's")
		case v.Pinned:
			r.mustKeep(i, "pinned")
		}
		if r.Base != "" && v.ID == r.Base {
			r.mustKeep(i, "base of a backup that was interrupted")
		}
	}
}

// floor keeps the newest sound version, and the newest one that was fully checked.
func (r *retention) floor() {
	if len(r.sound) == 0 {
		return
	}
	r.mustKeep(r.sound[0], "newest")
	first, n := -1, 0
	for _, i := range r.sound {
		if checked(r.Versions[i]) {
			if n++; first < 0 {
				first = i
			}
		}
	}
	switch {
	case n == 1:
		r.mustKeep(first, "only verified version")
	case n > 1:
		r.mustKeep(first, "newest verified version")
	}
}

// checked says whether every byte of a version was read again since it was made.
func checked(v Version) bool {
	return v.Proof == backup.ProofFull || v.Proof == backup.ProofUnlocked
}

func (r *retention) last() {
	for n, i := range r.sound[:min(len(r.sound), r.policy.Last)] {
		r.keep(i, "last %d of %d", n+1, r.policy.Last)
	}
}

// within keeps the young ones.
func (r *retention) within() {
	if r.policy.Within <= 0 || len(r.sound) == 0 {
		return
	}
	from := earlier(r.now, r.Versions[r.sound[0]].Finished)
	if len(r.sound) > 1 {
		from = earlier(from, r.Versions[r.sound[1]].Finished)
	}
	newer := from
	for _, i := range r.sound {
		at := r.Versions[i].Finished
		if at.After(from) {
			at = newer // from the future: it was made before the newer one was
		}
		newer = at
		if from.Sub(at) <= r.policy.Within {
			r.keep(i, "within %s", days(r.policy.Within))
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// days words a time as the settings have it.
func days(d time.Duration) string {
	if day := 24 * time.Hour; d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

// period keeps the newest version of each period, as long as there are fewer than n.
func (r *retention) period(name string, n int, layout string) {
	r.each(name, n, func(t time.Time) string { return t.Format(layout) })
}

func (r *retention) weekly() {
	r.each("weekly", r.policy.Weekly, func(t time.Time) string {
		year, week := t.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week)
	})
}

// each period counts once, however often a clock that jumps comes back to it.
func (r *retention) each(name string, n int, key func(time.Time) string) {
	seen := map[string]bool{}
	for _, i := range r.sound {
		k := key(r.Versions[i].Finished.In(r.zone))
		if len(seen) < n && !seen[k] {
			seen[k] = true
			r.keep(i, "%s %s", name, k)
		}
	}
}

// damaged keeps damaged versions until enough newer ones are sound.
func (r *retention) damaged() {
	for i, v := range r.Versions {
		newer, _ := slices.BinarySearch(r.sound, i)
		switch {
		case v.Sound() || !v.ours():
		case newer == 0:
			r.mustKeep(i, "damaged, and no newer version is sound")
		case newer < r.policy.Last:
			r.keep(i, "damaged, and only %d of %d newer versions are sound", newer, r.policy.Last)
		}
	}
}

// why words why no rule keeps a version.
func (r *retention) why(i int) string {
	if !r.Versions[i].Sound() {
		return "damaged, and enough newer versions are sound"
	}
	return "no rule keeps it"
}

// size drops the oldest ones that may go, until the rest fits.
func (r *retention) size() {
	if r.policy.Size <= 0 {
		return
	}
	kept := map[VersionID]bool{}
	for _, d := range r.decided {
		kept[d.Version.ID] = d.Keep
	}
	for i := len(r.decided) - 1; i >= 0; i-- {
		d := &r.decided[i]
		if !d.Keep || r.hard[i] {
			continue
		}
		total := held(r.Shares, kept)
		if total <= r.policy.Size {
			return
		}
		kept[d.Version.ID] = false
		d.Keep = false
		d.Reasons = []string{fmt.Sprintf("size: %s of %s", cause.Bytes(total), cause.Bytes(r.policy.Size))}
	}
}

// held is how many bytes the kept versions take.
func held(shares []Share, kept map[VersionID]bool) (sum int64) {
	for _, s := range shares {
		if slices.ContainsFunc(s.Versions, func(id VersionID) bool { return kept[id] }) {
			sum += s.Bytes
		}
	}
	return sum
}

// measure says what each removal frees, the oldest first.
func (r *retention) measure() {
	at := map[VersionID]int{}
	for i, d := range r.decided {
		at[d.Version.ID] = i
	}
	for _, s := range r.Shares {
		last, stays := len(r.decided), false
		for _, id := range s.Versions {
			i, known := at[id]
			stays = stays || !known || r.decided[i].Keep
			last = min(last, i)
		}
		if len(s.Versions) == 1 && last < len(r.decided) {
			r.decided[last].Own += s.Bytes
		}
		if !stays && last < len(r.decided) {
			r.decided[last].Freed += s.Bytes
		}
	}
}
