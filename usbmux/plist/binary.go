package plist

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A binary list is the magic "bplist00", the objects, a table of their offsets,
// and a trailer of 32 bytes:
//
//	6..6   bytes per offset      8..15  number of objects     24..31 offset of the table
//	7..7   bytes per reference  16..23  index of the root
//
// All integers are big endian. An object is a tag byte, type in the high nibble
// and a size or count in the low one (0xF: an integer object with the count
// follows), then its bytes; arrays and dictionaries hold references.
const (
	binaryHeader  = 8
	binaryTrailer = 32

	// What one decoded object costs about: its place in a list, its boxed form in
	// the decoder and its boxed Go value.
	objectCost = 64
	// A dictionary is a Go map besides.
	dictCost = 320
	// A reference is a slot of 16 bytes in the decoder.
	refCost = 16
)

// The span of dates that time.Time and RFC 3339 can show, in seconds from
// 2001-01-01: years 1 to 9999.
const (
	minDate = -63_114_076_800
	maxDate = 252_423_993_599
)

// inProgress marks an object whose children are being walked: meeting it again
// is a cycle.
const inProgress = math.MaxUint16

// binaryGuard walks the objects of one list once.
type binaryGuard struct {
	data    []byte // header and objects, up to the offset table
	offsets []byte
	offSize int
	refSize int
	lim     Limits
	spent   int // bytes that the distinct objects cost the decoder

	height []uint16 // per object: levels below and with it, plus 1; 0 is unseen
	cost   []uint32 // per object: decoded bytes with all it refers to
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

func tooLarge(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTooLarge, fmt.Sprintf(format, args...))
}

func checkBinary(data []byte, lim Limits) error {
	if len(data) < binaryHeader+binaryTrailer+1 {
		return malformed("%d bytes are too few for a binary list", len(data))
	}
	if v := string(data[6:8]); v != "00" && v != "01" {
		return malformed("unknown version %q", v)
	}
	end := len(data) - binaryTrailer
	trailer := data[end:]
	offSize, refSize := int(trailer[6]), int(trailer[7])
	if offSize < 1 || offSize > 8 || refSize < 1 || refSize > 8 {
		return malformed("offsets of %d and references of %d bytes", offSize, refSize)
	}
	count := binary.BigEndian.Uint64(trailer[8:])
	root := binary.BigEndian.Uint64(trailer[16:])
	table := binary.BigEndian.Uint64(trailer[24:])
	if table <= binaryHeader || table >= uint64(end) {
		return malformed("offset table at %d of %d bytes", table, len(data))
	}
	if room := uint64(end) - table; count > room || count*uint64(offSize) > room {
		return malformed("%d objects in an offset table of %d bytes", count, room)
	}
	if count > uint64(lim.Objects) {
		return tooLarge("%d objects, at most %d", count, lim.Objects)
	}
	if root >= count {
		return malformed("root is object %d of %d", root, count)
	}
	g := &binaryGuard{
		data: data[:table], offsets: data[table:end], offSize: offSize, refSize: refSize, lim: lim,
		height: make([]uint16, count), cost: make([]uint32, count),
	}
	return g.walk(root, 0)
}

// walk checks one object and all that it refers to; depth is the number of
// containers around it.
func (g *binaryGuard) walk(index uint64, depth int) error {
	if index >= uint64(len(g.height)) {
		return malformed("reference to object %d of %d", index, len(g.height))
	}
	switch h := g.height[index]; {
	case h == inProgress:
		return malformed("object %d contains itself", index)
	case h > 0:
		return g.deep(depth + int(h) - 1)
	}
	off := sized(g.offsets[int(index)*g.offSize:], g.offSize)
	if off < binaryHeader || off >= uint64(len(g.data)) {
		return malformed("object %d at offset %d", index, off)
	}
	g.height[index] = inProgress
	height, cost, err := g.object(g.data[off:], depth)
	if err != nil {
		return err
	}
	if cost > uint64(g.lim.Decoded) {
		return tooLarge("more than %d bytes when expanded", g.lim.Decoded)
	}
	g.height[index], g.cost[index] = uint16(height+1), uint32(min(cost, math.MaxUint32))
	return nil
}

func (g *binaryGuard) deep(depth int) error {
	if depth > g.lim.Depth || depth >= inProgress-1 {
		return tooLarge("more than %d levels", g.lim.Depth)
	}
	return nil
}

// object checks the object that begins at b. It returns how many containers
// stand in one another from here down, and the cost of all of it.
func (g *binaryGuard) object(b []byte, depth int) (height int, cost uint64, err error) {
	tag := b[0]
	switch tag >> 4 {
	case 0x0:
		if tag != 0x08 && tag != 0x09 {
			return 0, 0, malformed("tag 0x%02x", tag)
		}
	case 0x1:
		err = checkInteger(b)
	case 0x2:
		if tag != 0x22 && tag != 0x23 || len(b) < 1+1<<(tag&0xF) {
			err = malformed("real with tag 0x%02x", tag)
		}
	case 0x3:
		err = checkDate(b)
	case 0x4, 0x5:
		err = g.bytes(b, 1, 1)
	case 0x6:
		err = g.bytes(b, 2, 4)
	case 0x8:
		if n := int(tag&0xF) + 1; n > 8 || len(b) < 1+n {
			err = malformed("UID of %d bytes", n)
		}
	case 0xA:
		return g.container(b, 1, objectCost, depth)
	case 0xD:
		return g.container(b, 2, objectCost+dictCost, depth)
	default:
		err = malformed("tag 0x%02x", tag)
	}
	return 0, objectCost, err
}

// container walks the references of an array (per is 1) or a dictionary (2).
func (g *binaryGuard) container(b []byte, per int, own uint64, depth int) (height int, cost uint64, err error) {
	if err := g.deep(depth + 1); err != nil {
		return 0, 0, err
	}
	n, b, err := count(b)
	if err != nil {
		return 0, 0, err
	}
	if n > uint64(len(b)/(per*g.refSize)) {
		return 0, 0, malformed("%d references past the end of the objects", n)
	}
	refs := int(n) * per
	if err := g.spend(refs * refCost); err != nil {
		return 0, 0, err
	}
	cost = own
	for i := range refs {
		child := sized(b[i*g.refSize:], g.refSize)
		if err := g.walk(child, depth+1); err != nil {
			return 0, 0, err
		}
		height = max(height, int(g.height[child])-1)
		if cost += uint64(g.cost[child]); cost > uint64(g.lim.Decoded) {
			return 0, 0, tooLarge("more than %d bytes when expanded", g.lim.Decoded)
		}
	}
	return height + 1, cost, nil
}

// bytes checks data or a string of units of the given width, whose decoding
// costs that many bytes per unit.
func (g *binaryGuard) bytes(b []byte, width, cost int) error {
	n, b, err := count(b)
	if err != nil {
		return err
	}
	if n > uint64(len(b)/width) {
		return malformed("%d units of %d bytes past the end of the objects", n, width)
	}
	return g.spend(int(n) * cost)
}

// spend adds up what distinct objects cost, because they may overlap: a million
// of them can claim the same megabyte.
func (g *binaryGuard) spend(n int) error {
	if g.spent += n; g.spent > g.lim.Decoded {
		return tooLarge("more than %d bytes of values", g.lim.Decoded)
	}
	return nil
}

// count reads the count of a string, data or container and returns what follows.
func count(b []byte) (uint64, []byte, error) {
	n := uint64(b[0] & 0xF)
	b = b[1:]
	if n != 0xF {
		return n, b, nil
	}
	if len(b) == 0 || b[0]>>4 != 0x1 || b[0]&0xF > 3 || len(b) < 1+1<<(b[0]&0xF) {
		return 0, nil, malformed("count is no integer")
	}
	size := 1 << (b[0] & 0xF)
	return sized(b[1:], size), b[1+size:], nil
}

// checkInteger accepts 1, 2, 4 and 8 bytes, and 16 when the value fits in 64 bits.
func checkInteger(b []byte) error {
	low := b[0] & 0xF
	if low > 4 || len(b) < 1+1<<low {
		return malformed("integer with tag 0x%02x", b[0])
	}
	if low == 4 {
		if hi := binary.BigEndian.Uint64(b[1:]); hi != 0 && hi != math.MaxUint64 {
			return malformed("integer of more than 64 bits")
		}
	}
	return nil
}

func checkDate(b []byte) error {
	if b[0] != 0x33 || len(b) < 9 {
		return malformed("date with tag 0x%02x", b[0])
	}
	s := math.Float64frombits(binary.BigEndian.Uint64(b[1:]))
	if !(s >= minDate && s <= maxDate) { // NaN fails both
		return malformed("date %v seconds from 2001", s)
	}
	return nil
}

// sized reads a big-endian integer of n bytes, 1 to 8; b holds at least n.
func sized(b []byte, n int) uint64 {
	var v uint64
	for _, c := range b[:n] {
		v = v<<8 | uint64(c)
	}
	return v
}
