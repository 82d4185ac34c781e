package store

import (
	"cmp"
	"time"

	"homeport/backup"
)

// newerFirst orders the versions of a phone. Those that were imported among older ones
// stand below the generation that their record names, by the date of the backup.
func newerFirst(a, b Version) int {
	return cmp.Or(
		cmp.Compare(b.place(), a.place()),
		cmp.Compare(min(a.under, 1), min(b.under, 1)),
		b.date().Compare(a.date())*min(a.under, 1),
		cmp.Compare(b.ID.Generation(), a.ID.Generation()),
		cmp.Compare(b.ID, a.ID),
	)
}

// place is the generation that a version stands at, or below.
func (v Version) place() int {
	if v.under > 0 {
		return v.under
	}
	return v.ID.Generation()
}

// date is when the backup was made; zero when an imported one does not say.
func (v Version) date() time.Time {
	if v.Imported != nil && v.Imported.Undated {
		return time.Time{}
	}
	return v.Finished
}

// underFor finds the place of a backup of that date among versions that are newest
// first: the generation that it stands below, or 0 for the newest. It is below every
// version that is not older, so that a clock which was wrong once never makes an old
// backup the newest. undated stands below all.
func underFor(list []Version, date time.Time, undated bool) int {
	under := 0
	for _, v := range list {
		if v.ID.Generation() > 0 && (undated || v.ours() && !v.date().Before(date)) {
			under = v.place()
		}
	}
	return under
}

// proven says whether a version may be built upon, as far as it matters how it came
// here: an imported one only when each row of its list was found to have its body, by
// the import itself or with the password since.
func (v Version) proven() bool {
	return v.Imported == nil || v.Imported.Proven || v.Proof == backup.ProofUnlocked
}
