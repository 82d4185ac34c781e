package store

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"homeport/backup"
)

// Over random histories, of honest and of wild clocks: the floor holds, pins stay,
// a second time removes nothing more, a more generous policy keeps all that a less
// generous one keeps, and every decision has a reason.
func TestRetentionProperties(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	n := 6_000
	if testing.Short() {
		n = 2_000
	}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 5))
		h, now := randomHistory(r)
		p := randomPolicy(r)
		decided := Retain(h, p, now, zone)
		checkFloor(t, seed, h, decided)
		left := without(h, decided)
		if again := removed(Retain(left, p, now, zone)); len(again) > 0 {
			t.Errorf("seed %d: a second time removes %v", seed, again)
		}
		checkSuperset(t, seed, decided, Retain(h, moreGenerous(r, p), now, zone))
		if t.Failed() {
			t.Fatalf("policy %+v\n%s", p, table(decided))
		}
	}
}

func randomHistory(r *rand.Rand) (h History, now time.Time) {
	n := r.IntN(12)
	at := testTime
	for i := range n {
		at = at.Add(time.Duration(r.Int64N(int64(40 * time.Hour))))
		v := Version{ID: newVersionID(testTime, n-i), Finished: at, Proof: backup.ProofReceived}
		switch r.IntN(12) {
		case 0: // another clock
			v.Finished = at.AddDate(r.IntN(21)-10, 0, 0)
		case 1:
			v.Damage = "damaged"
		case 2:
			v.Pinned = true
		case 3, 4:
			v.Proof = backup.ProofFull
		case 5:
			v.Finished, v.Damage = time.Time{}, "cannot be opened"
		}
		h.Versions = append(h.Versions, v)
	}
	// The newest first: generations were given from n down, times from old to new.
	for i, j := 0, len(h.Versions)-1; i < j; i, j = i+1, j-1 {
		h.Versions[i].Finished, h.Versions[j].Finished = h.Versions[j].Finished, h.Versions[i].Finished
		if r.IntN(20) == 0 {
			break // and sometimes the clock ran backwards all the time
		}
	}
	// What is not ours has no time, wherever it came to lie.
	for i := range h.Versions {
		if v := &h.Versions[i]; v.Finished.IsZero() {
			v.Damage = "cannot be opened"
		}
	}
	for range r.IntN(20) {
		s := Share{Bytes: r.Int64N(20e9)}
		for _, v := range h.Versions {
			if r.IntN(3) == 0 {
				s.Versions = append(s.Versions, v.ID)
			}
		}
		if len(s.Versions) > 0 {
			h.Shares = append(h.Shares, s)
		}
	}
	if n > 0 && r.IntN(5) == 0 {
		h.Base = h.Versions[r.IntN(n)].ID
	}
	return h, at.AddDate(r.IntN(3)/2*(r.IntN(21)-10), 0, 0)
}

func randomPolicy(r *rand.Rand) Policy {
	p := Policy{Last: r.IntN(4), Daily: r.IntN(4), Weekly: r.IntN(3), Monthly: r.IntN(3)}
	if r.IntN(2) == 0 {
		p.Within = time.Duration(r.IntN(10)) * 24 * time.Hour
	}
	if r.IntN(3) == 0 {
		p.Size = r.Int64N(100e9)
	}
	return p
}

// moreGenerous raises what a policy allows. The rules that add are raised only
// without a budget: what they add takes the room of something older.
func moreGenerous(r *rand.Rand, p Policy) Policy {
	if p.Size > 0 {
		p.Size *= 2
		return p
	}
	p.Last += r.IntN(3)
	p.Daily += r.IntN(3)
	p.Weekly += r.IntN(3)
	p.Monthly += r.IntN(3)
	p.Within += time.Duration(r.IntN(5)) * 24 * time.Hour
	return p
}

func checkFloor(t *testing.T, seed uint64, h History, decided []Decision) {
	t.Helper()
	if len(decided) != len(h.Versions) {
		t.Fatalf("seed %d: %d decisions on %d versions", seed, len(decided), len(h.Versions))
	}
	sound, verified := false, false
	for i, d := range decided {
		v := h.Versions[i]
		if len(d.Reasons) == 0 || d.Version.ID != v.ID {
			t.Errorf("seed %d: %s: no reason", seed, v.ID)
		}
		if !d.Keep && (v.Pinned || !v.ours() || v.ID == h.Base) {
			t.Errorf("seed %d: %s must stay", seed, v.ID)
		}
		if !v.Sound() || !v.ours() {
			if !d.Keep && !sound {
				t.Errorf("seed %d: %s goes, and nothing newer is sound", seed, v.ID)
			}
			continue
		}
		if !sound && !d.Keep || checked(v) && !verified && !d.Keep {
			t.Errorf("seed %d: %s is the floor", seed, v.ID)
		}
		sound, verified = true, verified || checked(v)
	}
}

func checkSuperset(t *testing.T, seed uint64, less, more []Decision) {
	t.Helper()
	gone := removed(less)
	for _, id := range removed(more) {
		if !slices.Contains(gone, id) {
			t.Errorf("seed %d: the more generous policy removes %s", seed, id)
		}
	}
}
