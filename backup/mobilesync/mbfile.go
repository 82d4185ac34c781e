package mobilesync

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
)

// MBFile is what a row's blob says about a file.
type MBFile struct {
	// Size is the length of the contents in bytes; in an encrypted backup the
	// body on disk is longer, see PaddedSize.
	Size int64
	// Mode holds POSIX permissions and type, 0o100644 for a plain file.
	Mode uint32
	// Modified is the time of the last change in Unix seconds.
	Modified int64
	// ProtectionClass is 0 when the file is not encrypted, else 1 to 4.
	ProtectionClass int
	// Birth is the time when the file was made, in Unix seconds; 0 is unknown.
	Birth int64
	// EncryptionKey is the key of the body: the class, 4 bytes, and 40 bytes that
	// the class key unwraps. It is nil when the body is not encrypted, and a part of
	// the blob.
	EncryptionKey []byte
	// Target is where a link leads, as the phone wrote it.
	Target string
}

// bodySize is how long the body on disk has to be.
func (m MBFile) bodySize() int64 {
	if m.EncryptionKey != nil {
		return PaddedSize(m.Size)
	}
	return m.Size
}

// PaddedSize returns how long the body of a file with n bytes is once encrypted:
// AES-CBC with a pad of 1 to 16 bytes.
func PaddedSize(n int64) int64 { return (n/16 + 1) * 16 }

// ErrMBFile is wrapped by the errors of DecodeMBFile.
var ErrMBFile = errors.New("malformed MBFile")

// maxMBFile bounds a blob. Real ones are 400 to 900 bytes; extended attributes
// can make them longer.
const maxMBFile = 1 << 20

// DecodeMBFile reads an MBFile out of a row's blob.
//
// A million rows have to be read in seconds, so this goes straight to the
// archive's root object instead of decoding the archive: $top.root names an
// object by its index in $objects, and the integers stand in that dictionary
// inline. Only a link's target is allocated and nothing recurses, so a cyclic or nested
// archive costs no more than a plain one. Key and target stand elsewhere in
// $objects, one or two steps away. A missing Size is an error, the other keys are
// optional.
func DecodeMBFile(blob []byte) (MBFile, error) {
	var m MBFile
	p, err := newBPlist(blob)
	if err != nil {
		return m, err
	}
	root, objects, err := p.archiveRoot()
	if err != nil {
		return m, err
	}
	found := false
	for i := range root.count {
		k, err := p.ref(root.keys, i)
		if err != nil {
			return m, err
		}
		name, ok := p.ascii(k)
		if !ok {
			continue
		}
		v, err := p.ref(root.values, i)
		if err != nil {
			return m, err
		}
		switch string(name) {
		case "Size":
			m.Size, found = p.integer(v)
			if !found || m.Size < 0 {
				return m, fmt.Errorf("read Size: %w", ErrMBFile)
			}
		case "Mode":
			n, _ := p.integer(v)
			m.Mode = uint32(n)
		case "LastModified":
			m.Modified, _ = p.integer(v)
		case "ProtectionClass":
			n, _ := p.integer(v)
			m.ProtectionClass = int(n)
		case "Birth":
			m.Birth, _ = p.integer(v)
		case "EncryptionKey":
			if m.EncryptionKey, err = p.archivedData(objects, v); err != nil {
				return m, fmt.Errorf("read EncryptionKey: %w", err)
			}
		case "Target":
			m.Target = p.archivedString(objects, v)
		}
	}
	if !found {
		return m, fmt.Errorf("no Size: %w", ErrMBFile)
	}
	return m, nil
}

// archiveRoot follows $top.root into $objects, whose reference comes with it.
func (p *bplist) archiveRoot() (root bdict, objects uint64, err error) {
	top, err := p.dict(p.top)
	if err != nil {
		return root, 0, err
	}
	if objects, err = p.lookup(top, "$objects"); err != nil {
		return root, 0, err
	}
	topAt, err := p.lookup(top, "$top")
	if err != nil {
		return root, 0, err
	}
	inner, err := p.dict(topAt)
	if err != nil {
		return root, 0, err
	}
	uidAt, err := p.lookup(inner, "root")
	if err != nil {
		return root, 0, err
	}
	at, err := p.archived(objects, uidAt)
	if err != nil {
		return root, 0, fmt.Errorf("read $top.root: %w", err)
	}
	root, err = p.dict(at)
	return root, objects, err
}

// archived follows a UID into $objects.
func (p *bplist) archived(objects, ref uint64) (uint64, error) {
	uid, ok := p.uid(ref)
	if !ok {
		return 0, fmt.Errorf("read reference: %w", ErrMBFile)
	}
	return p.element(objects, uid)
}

// archivedData reads bytes that were archived as NSData: a data object, or a
// dictionary with one under NS.data.
func (p *bplist) archivedData(objects, ref uint64) ([]byte, error) {
	at, err := p.archived(objects, ref)
	if err != nil {
		return nil, err
	}
	if d, err := p.dict(at); err == nil {
		if at, err = p.lookup(d, "NS.data"); err != nil {
			return nil, err
		}
	}
	n, rest, err := p.sized(at, 0x4, 1)
	if err != nil {
		return nil, err
	}
	return rest[:n:n], nil
}

// archivedString reads a string of either of the two kinds that there are; "" when
// it is none.
func (p *bplist) archivedString(objects, ref uint64) string {
	at, err := p.archived(objects, ref)
	if err != nil {
		return ""
	}
	if s, ok := p.ascii(at); ok {
		return string(s)
	}
	n, rest, err := p.sized(at, 0x6, 2)
	if err != nil {
		return ""
	}
	units := make([]uint16, n)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(rest[2*i:])
	}
	return string(utf16.Decode(units))
}

// bplist reads single objects of a binary property list: a header "bplist00",
// objects, a table of their offsets, and a trailer of 32 bytes that says where
// the table is and how wide its entries are. Each object begins with a marker
// byte: kind in the upper half, length in the lower, 15 meaning that an integer
// object with the length follows.
type bplist struct {
	data    []byte // objects and header; what lies before the offset table
	table   []byte
	offSize int
	refSize int
	count   uint64
	top     uint64
}

// bdict is a dictionary: count references to keys and as many to values.
type bdict struct {
	count        uint64
	keys, values []byte
}

func newBPlist(b []byte) (*bplist, error) {
	const trailer = 32
	if len(b) < 8+trailer || len(b) > maxMBFile || string(b[:8]) != "bplist00" {
		return nil, fmt.Errorf("read header: %w", ErrMBFile)
	}
	t := b[len(b)-trailer:]
	p := &bplist{
		offSize: int(t[6]), refSize: int(t[7]),
		count: binary.BigEndian.Uint64(t[8:]),
		top:   binary.BigEndian.Uint64(t[16:]),
	}
	at := binary.BigEndian.Uint64(t[24:])
	body := uint64(len(b) - trailer)
	switch {
	case p.offSize < 1 || p.offSize > 8 || p.refSize < 1 || p.refSize > 8,
		at < 8 || at > body,
		p.count == 0 || p.count > (body-at)/uint64(p.offSize),
		p.top >= p.count:
		return nil, fmt.Errorf("read trailer: %w", ErrMBFile)
	}
	p.data, p.table = b[:at], b[at:body]
	return p, nil
}

// object returns the bytes from the object's marker on.
func (p *bplist) object(ref uint64) ([]byte, error) {
	if ref >= p.count {
		return nil, fmt.Errorf("follow reference: %w", ErrMBFile)
	}
	i := ref * uint64(p.offSize)
	at := bigEndian(p.table[i : i+uint64(p.offSize)])
	if at < 8 || at >= uint64(len(p.data)) {
		return nil, fmt.Errorf("follow offset: %w", ErrMBFile)
	}
	return p.data[at:], nil
}

// sized splits an object of the wanted kind into its length and its payload. The
// payload holds at least length × unit bytes.
func (p *bplist) sized(ref uint64, kind byte, unit int) (uint64, []byte, error) {
	o, err := p.object(ref)
	if err != nil {
		return 0, nil, err
	}
	if o[0]>>4 != kind {
		return 0, nil, fmt.Errorf("read object of kind %#x: %w", kind, ErrMBFile)
	}
	n, rest := uint64(o[0]&0xf), o[1:]
	if n == 15 {
		if len(rest) == 0 || rest[0]>>4 != 1 || rest[0]&0xf > 3 {
			return 0, nil, fmt.Errorf("read length: %w", ErrMBFile)
		}
		w := 1 << (rest[0] & 0xf)
		if len(rest) < 1+w {
			return 0, nil, fmt.Errorf("read length: %w", ErrMBFile)
		}
		n, rest = bigEndian(rest[1:1+w]), rest[1+w:]
	}
	if n > uint64(len(rest)/unit) {
		return 0, nil, fmt.Errorf("read object past the end: %w", ErrMBFile)
	}
	return n, rest, nil
}

func (p *bplist) dict(ref uint64) (bdict, error) {
	n, rest, err := p.sized(ref, 0xd, 2*p.refSize)
	if err != nil {
		return bdict{}, err
	}
	w := n * uint64(p.refSize)
	return bdict{count: n, keys: rest[:w], values: rest[w : 2*w]}, nil
}

// lookup returns the reference of the value under key.
func (p *bplist) lookup(d bdict, key string) (uint64, error) {
	for i := range d.count {
		k, err := p.ref(d.keys, i)
		if err != nil {
			return 0, err
		}
		if s, ok := p.ascii(k); ok && string(s) == key {
			return p.ref(d.values, i)
		}
	}
	return 0, fmt.Errorf("no %s: %w", key, ErrMBFile)
}

// element returns the reference at index i of an array.
func (p *bplist) element(array, i uint64) (uint64, error) {
	n, rest, err := p.sized(array, 0xa, p.refSize)
	if err != nil {
		return 0, err
	}
	if i >= n {
		return 0, fmt.Errorf("index array: %w", ErrMBFile)
	}
	return p.ref(rest, i)
}

func (p *bplist) ref(refs []byte, i uint64) (uint64, error) {
	w := uint64(p.refSize)
	r := bigEndian(refs[i*w : (i+1)*w])
	if r >= p.count {
		return 0, fmt.Errorf("read reference: %w", ErrMBFile)
	}
	return r, nil
}

func (p *bplist) ascii(ref uint64) ([]byte, bool) {
	n, rest, err := p.sized(ref, 0x5, 1)
	if err != nil {
		return nil, false
	}
	return rest[:n], true
}

func (p *bplist) uid(ref uint64) (uint64, bool) {
	o, err := p.object(ref)
	if err != nil || o[0]>>4 != 0x8 {
		return 0, false
	}
	w := int(o[0]&0xf) + 1
	if w > 8 || len(o) < 1+w {
		return 0, false
	}
	return bigEndian(o[1 : 1+w]), true
}

// integer reads a signed integer. Integers of 1, 2 and 4 bytes are unsigned, of
// 8 bytes signed; 16 bytes hold what is above 2⁶³ and are refused.
func (p *bplist) integer(ref uint64) (int64, bool) {
	o, err := p.object(ref)
	if err != nil || o[0]>>4 != 0x1 || o[0]&0xf > 3 {
		return 0, false
	}
	w := 1 << (o[0] & 0xf)
	if len(o) < 1+w {
		return 0, false
	}
	return int64(bigEndian(o[1 : 1+w])), true
}

func bigEndian(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
