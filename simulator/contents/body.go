package contents

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Bodies are cut from a pool of random bytes, so that they cost a copy. A body is
// a row of blocks; each begins with a stamp that no other block of any file has,
// and goes on with a window into the pool. So a byte, a frame or a file in the
// wrong place never compares equal, however long it is.
const (
	blockSize = 64 << 10
	stampSize = 16
	poolSpan  = 1 << 20 // where windows may begin
)

func newPool(seed uint64) []byte {
	pool := make([]byte, poolSpan+blockSize)
	for i := 0; i < len(pool); i += 8 {
		binary.LittleEndian.PutUint64(pool[i:], mix(seed, forPool, uint64(i)))
	}
	return pool
}

// Body is what is in one file at one time. It is an io.ReaderAt and an
// io.WriterTo, and stays readable when the phone changes.
type Body struct {
	pool []byte
	key  uint64
	size int64
}

// Body answers the bytes of file i. This is where the bytes that a host gets are
// made; an encrypted phone would wrap what it returns.
func (v *View) Body(i int) Body {
	return Body{
		pool: v.plan.pool,
		key:  mix(v.plan.seed, forWindow, uint64(i), uint64(v.gens[i])),
		size: v.size(i),
	}
}

// Size is the length in bytes.
func (b Body) Size() int64 { return b.size }

// ReadAt fills p with the bytes at off. It answers io.EOF with the last byte, and
// no other error.
func (b Body) ReadAt(p []byte, off int64) (int, error) {
	var stamp [stampSize]byte
	n := 0
	for n < len(p) && off < b.size {
		k := copy(p[n:], b.piece(off, &stamp))
		n += k
		off += int64(k)
	}
	if off >= b.size {
		return n, io.EOF
	}
	return n, nil
}

// WriteTo writes the whole body.
func (b Body) WriteTo(w io.Writer) (int64, error) {
	var stamp [stampSize]byte
	var off int64
	for off < b.size {
		n, err := w.Write(b.piece(off, &stamp))
		off += int64(n)
		if err != nil {
			return off, err
		}
	}
	return off, nil
}

// Equal says whether p is what the body holds at off.
func (b Body) Equal(p []byte, off int64) bool {
	if off < 0 || off+int64(len(p)) > b.size {
		return false
	}
	var stamp [stampSize]byte
	for len(p) > 0 {
		piece := b.piece(off, &stamp)
		n := min(len(piece), len(p))
		if !bytes.Equal(piece[:n], p[:n]) {
			return false
		}
		p, off = p[n:], off+int64(n)
	}
	return true
}

// piece answers the bytes at off that lie in one piece, at least one.
func (b *Body) piece(off int64, stamp *[stampSize]byte) []byte {
	block, at := uint64(off)/blockSize, int(off%blockSize)
	left := b.size - off
	h := mix(b.key, block)
	if at < stampSize {
		binary.LittleEndian.PutUint64(stamp[:], h)
		binary.LittleEndian.PutUint64(stamp[8:], finish(h))
		return stamp[at:min(int64(stampSize), int64(at)+left)]
	}
	start := int(finish(h^b.key) % poolSpan)
	return b.pool[start+at : start+int(min(blockSize, int64(at)+left))]
}
