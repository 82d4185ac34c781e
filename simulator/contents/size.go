package contents

// Moments, in Unix seconds. What is on the phone was written between firstTime
// and changeTime; change number n happened n minutes after changeTime; run
// number n n days after runTime.
const (
	firstTime  = 1_600_000_000
	changeTime = 1_760_000_000
	runTime    = 1_790_000_000
)

// naturalSize is how long a file is when no Config.Bytes scales it.
func (p *plan) naturalSize(at place) uint64 {
	h := mix(p.seed, forSize, uint64(at.index))
	switch {
	case at.group == inFixed:
		return p.fixed[at.n].size
	case p.profile == Small:
		return h % (16 << 10)
	case p.profile == Large:
		return 16<<20 + h%(32<<20)
	case at.group == inCamera && isVideo(at.n):
		return 100<<20 + h%(400<<20)
	case at.group == inCamera || at.group == inAdd:
		return 1<<20 + h%(3<<20)
	case h%32 == 0:
		return 0
	}
	// Store files: 256 bytes to 256 KiB, each doubling as likely as the next.
	least := uint64(256) << (h >> 8 % 10)
	return least + h>>16%least
}

// birthSize is how long a row was when it came to the phone.
func (v *View) birthSize(i int) int64 {
	p, at := v.plan, v.place(i)
	if p.natural == 0 {
		return 0
	}
	n := int64(scale(p.naturalSize(at), p.want, p.natural))
	if i == p.rest {
		n += p.spare
	}
	return n
}

func (v *View) born(i int) uint32 {
	if at := v.place(i); at.add != nil {
		return at.add.born
	}
	return 0
}

func (v *View) size(i int) int64 {
	n, gen := v.birthSize(i), v.gens[i]
	if gen == v.born(i) {
		return n
	}
	h := mix(v.plan.seed, forResize, uint64(i), uint64(gen))
	switch {
	case h&1 == 0:
		return n
	case n == 0:
		return int64(h>>1%1000) + 1
	}
	return int64(scale(uint64(n), 75+h>>1%51, 100)) + 1
}

// modified is the time of the last write: the change's, or any before all changes.
func (v *View) modified(i int) int64 {
	if gen := v.gens[i]; gen != 0 {
		return changeTime + 60*int64(gen)
	}
	return firstTime + int64(mix(v.plan.seed, forTime, uint64(i))%(changeTime-firstTime))
}
