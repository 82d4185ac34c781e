package contents

import "math/bits"

// mix hashes words into one; splitmix64's finaliser, which is well spread in
// every bit. Everything on a phone that looks random comes from here, so that it
// is the same on every machine.
func mix(words ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, w := range words {
		h = finish(h ^ w)
	}
	return h
}

func finish(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// What a hash is for, so that two uses of one index differ.
const (
	forSize uint64 = iota + 1
	forResize
	forTime
	forName
	forPick
	forPool
	forWindow
	forUUID
	forKeys
	forInode
	forClass
	forFileKey
)

// scale is n*num/den without overflow; den must be greater than 0 and the
// result must fit.
func scale(n, num, den uint64) uint64 {
	hi, lo := bits.Mul64(n, num)
	q, _ := bits.Div64(hi%den, lo, den)
	return q
}
