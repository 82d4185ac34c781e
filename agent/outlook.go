package agent

import (
	"context"
	"math"
	"slices"
	"time"

	"homeport/backup/store"
	"homeport/cause"
)

// Outlook is what to expect of the next backup of a phone. Sizes are in bytes, times in
// seconds without the passcode; each is a range, and 0, 0 when nothing is known.
type Outlook struct {
	// Runs is the number of earlier runs that the range rests on.
	Runs int `json:"runs"`
	// First says that there is no version to build on: everything is sent.
	First bool `json:"first,omitempty"`
	// Rough says that the range is a guess, from what the phone holds and what such a
	// link usually does.
	Rough       bool    `json:"rough,omitempty"`
	Bytes       int64   `json:"bytes"`
	MostBytes   int64   `json:"mostBytes"`
	Seconds     float64 `json:"seconds"`
	MostSeconds float64 `json:"mostSeconds"`
	// LastGood is when the newest sound version was finished; zero: there is none.
	LastGood time.Time `json:"lastGood,omitzero"`
	// LastSeconds is what that run took.
	LastSeconds float64 `json:"lastSeconds,omitempty"`
	// Slow says why the newest version took long, as backup-slow; nil: it did not, or
	// nobody measured it.
	Slow *cause.Error `json:"-"`
}

// Outlook says what to expect of the next backup of the phone with this UDID, from the
// versions in its destination. It asks the phone nothing: what it knows of a first
// backup comes from the last Check, Backup or visit of this Agent. A destination that
// cannot be read knows of no version.
func (a *Agent) Outlook(ctx context.Context, udid string) Outlook {
	var list []store.Version
	if st, err := a.stores.read(a.opts.Config().For(udid).Destination); err == nil {
		list, _ = st.Versions(ctx, udid)
		_ = st.Close()
	}
	used, speed := a.phone(udid).size()
	return outlook(list, used, speed)
}

// The runs that an estimate rests on: the newest ones of one kind.
const mostRuns = 8

// outlook is the whole estimate. list is newest first, used what the phone holds in
// bytes, speed that of its link in bit/s; 0 is not known.
func outlook(list []store.Version, used, speed int64) Outlook {
	sound := slices.DeleteFunc(slices.Clone(list), func(v store.Version) bool { return !v.Sound() })
	if len(sound) == 0 {
		o := Outlook{First: true, Rough: true}
		o.guess(used/4, used, speed)
		return o
	}
	newest := sound[0]
	o := Outlook{LastGood: newest.Finished, LastSeconds: newest.Took.Seconds(), Slow: slowVersion(sound)}
	later := slices.DeleteFunc(slices.Clone(sound), func(v store.Version) bool { return v.Full })
	later = later[:min(len(later), mostRuns)]
	if o.Runs = len(later); o.Runs == 0 {
		// Only full ones: what changes from now on nobody knows, but it is far less.
		o.Rough = true
		o.guess(newest.Bytes/100, newest.Bytes/4, speed)
		return o
	}
	var sizes, times []float64
	for _, v := range later {
		sizes = append(sizes, float64(max(v.NewBytes, 0)))
		if s := v.Took.Seconds(); s > 0 {
			times = append(times, s)
		}
	}
	low, high := spread(sizes)
	o.Bytes, o.MostBytes = bytesOf(low), bytesOf(high)
	if len(times) == 0 {
		bytes, most := o.Bytes, o.MostBytes
		o.guess(bytes, most, speed)
		o.Rough = true
		return o
	}
	o.Seconds, o.MostSeconds = spread(times)
	return o
}

// What a link moves in a second as seen with backups, from slow to fast, and what a run
// needs besides.
const (
	slowUSB2, fastUSB2 = 12e6, 35e6
	slowUSB3, fastUSB3 = 30e6, 120e6
	overhead           = 20 // s
	mostOverhead       = 180
)

// guess is an estimate without an earlier run of the kind.
func (o *Outlook) guess(bytes, most, speed int64) {
	if bytes, most = max(bytes, 0), max(most, 0); most == 0 {
		return
	}
	slow, fast := slowUSB2, fastUSB2
	switch {
	case speed >= 5_000_000_000:
		slow, fast = slowUSB3, fastUSB3
	case speed > 0 && speed < 480_000_000:
		slow, fast = float64(speed)/20, float64(speed)/10
	}
	o.Bytes, o.MostBytes = bytes, most
	o.Seconds, o.MostSeconds = overhead+float64(bytes)/fast, mostOverhead+float64(most)/slow
}

// spread is the range in which the next value lies, most likely: the middle half of
// those seen, and at least a quarter to each side of the median. One odd run among three
// or more has no say.
func spread(list []float64) (low, high float64) {
	slices.Sort(list)
	if n := len(list); n < 3 {
		return list[0] * 0.75, list[n-1] * 1.25
	}
	mid := quantile(list, 0.5)
	return min(quantile(list, 0.25), mid*0.75), max(quantile(list, 0.75), mid*1.25)
}

// quantile is the value of a sorted list, not empty, below which the share q lies: one
// that is in the list, of two the one that is nearer to the middle.
func quantile(list []float64, q float64) float64 {
	at := q * float64(len(list)-1)
	if q < 0.5 {
		at = math.Ceil(at)
	}
	return list[int(at)]
}

// bytesOf is a size that was calculated.
func bytesOf(f float64) int64 {
	if !(f > 0) {
		return 0
	}
	return int64(min(f, 1<<62))
}
