package preflight

import "math"

// quota is the kernel's struct if_dqblk: bounds in blocks of 1 KiB, what is used
// in bytes, and which of these are valid.
type quota struct {
	hardBlocks, softBlocks, used uint64
	_                            [5]uint64 // the same for files, and times
	valid                        uint32
	_                            uint32
}

// left gives the bytes up to the bound: the hard one, or else the soft one, which
// becomes hard after a grace time that nobody tells.
func (q quota) left() (int64, bool) {
	const bounds, space, block = 1, 2, 1024
	bound := q.hardBlocks
	if bound == 0 {
		bound = q.softBlocks
	}
	if q.valid&bounds == 0 || q.valid&space == 0 || bound == 0 || bound > math.MaxInt64/block {
		return 0, false
	}
	if limit := bound * block; q.used < limit {
		return int64(limit - q.used), true
	}
	return 0, true
}
