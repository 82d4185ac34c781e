package contents

import (
	"encoding/binary"
	"unicode/utf16"
)

// archive writes the blobs of Manifest.db's file column: an NSKeyedArchiver
// archive of one MBFile, as a binary property list. All of them have the same
// objects, and integers of one width, so a blob is a copy of head with numbers
// put in, then the names, then the offset table.
type archive struct {
	head    []byte
	offsets []uint16 // of each object; those of the names are put in per blob
	numbers [numberCount]int
	class   int // where ProtectionClass and EncryptionKey are put in; 0 in one without
	key     int
	top     byte
	link    bool
}

// The numbers that differ from row to row.
const (
	lastModified = iota
	lastStatusChange
	birth
	size
	inode
	mode
	numberCount
)

// Objects 0 and 1 are the strings that differ, path and target; a plist's
// objects may stand in any order.
const (
	pathObject   = 0
	targetObject = 1
)

// keyFieldSize is the length of an EncryptionKey.
const keyFieldSize = 4 + wrappedSize

// newArchive prepares blobs of links, of encrypted files, or of all else.
func newArchive(link, encrypted bool) *archive {
	a := &archive{head: []byte("bplist00"), link: link, offsets: []uint16{0}}
	if link {
		a.offsets = append(a.offsets, 0)
	}
	fields := []byte{}
	values := []byte{}
	field := func(name string, value byte) {
		fields, values = append(fields, a.text(name)), append(values, value)
	}
	for n, name := range [numberCount]string{"LastModified", "LastStatusChange", "Birth", "Size", "InodeNumber", "Mode"} {
		a.numbers[n] = len(a.head) + 1
		field2 := a.object(0x13, 0, 0, 0, 0, 0, 0, 0, 0)
		field(name, field2)
	}
	mobile := a.object(0x11, 501>>8, 501&0xff)
	zero := a.object(0x10, 0)
	field("UserID", mobile)
	field("GroupID", mobile)
	if encrypted {
		a.class = len(a.head) + 1
		field("ProtectionClass", a.object(0x10, 0))
		field("EncryptionKey", a.object(0x80, 4))
	} else {
		field("ProtectionClass", zero)
	}
	field("Flags", zero)
	field("RelativePath", a.object(0x80, 2))
	field("$class", a.object(0x80, 3))
	if link {
		field("Target", a.object(0x80, 4))
	}
	file := a.dict(fields, values)
	names := [2]byte{a.text("$classname"), a.text("$classes")}
	nsobject := a.text("NSObject")
	objects := []byte{0xa4, a.text("$null"), file, pathObject, a.classOf(names, a.text("MBFile"), nsobject)}
	switch {
	case link:
		objects = append(objects, targetObject)
	case encrypted:
		objects = append(objects, a.keyObject(5), a.classOf(names, a.text("NSMutableData"), a.text("NSData"), nsobject))
	}
	objects[0] = 0xa0 | byte(len(objects)-1)
	a.top = a.dict(
		[]byte{a.text("$version"), a.text("$archiver"), a.text("$top"), a.text("$objects")},
		[]byte{a.object(0x12, 0, 1, 0x86, 0xa0), a.text("NSKeyedArchiver"),
			a.dict([]byte{a.text("root")}, []byte{a.object(0x80, 1)}), a.object(objects...)})
	return a
}

// object adds an object and answers its reference.
func (a *archive) object(encoded ...byte) byte {
	a.offsets = append(a.offsets, uint16(len(a.head)))
	a.head = append(a.head, encoded...)
	return byte(len(a.offsets) - 1)
}

func (a *archive) text(s string) byte { return a.object(appendText(nil, s)...) }

func (a *archive) dict(keys, values []byte) byte {
	head := []byte{0xd0 | byte(len(keys))}
	return a.object(append(append(head, keys...), values...)...)
}

// classOf adds the description of a class: its names, its own first.
func (a *archive) classOf(fields [2]byte, names ...byte) byte {
	list := a.object(append([]byte{0xa0 | byte(len(names))}, names...)...)
	return a.dict(fields[:], []byte{names[0], list})
}

// keyObject adds the NSMutableData that holds a key; its class has number class in
// $objects.
func (a *archive) keyObject(class byte) byte {
	a.key = len(a.head) + 3
	data := a.object(append([]byte{0x4f, 0x10, keyFieldSize}, make([]byte, keyFieldSize)...)...)
	return a.dict([]byte{a.text("NS.data"), a.text("$class")}, []byte{data, a.object(0x80, class)})
}

// append adds the blob of one row to b. key is the EncryptionKey of an encrypted
// file.
func (a *archive) append(b []byte, numbers *[numberCount]int64, path []byte, target string, key []byte) []byte {
	start := len(b)
	b = append(b, a.head...)
	for n, at := range a.numbers {
		binary.BigEndian.PutUint64(b[start+at:], uint64(numbers[n]))
	}
	if a.key > 0 {
		b[start+a.class] = key[0] // the class, of which there are few
		copy(b[start+a.key:], key)
	}
	names := [2]int{len(b) - start, 0}
	b = appendText(b, string(path))
	if a.link {
		names[1] = len(b) - start
		b = appendText(b, target)
	}
	table := len(b) - start
	for k, at := range a.offsets {
		if k == pathObject || k == targetObject && a.link {
			at = uint16(names[k])
		}
		b = binary.BigEndian.AppendUint16(b, at)
	}
	b = append(b, 0, 0, 0, 0, 0, 0, 2, 1) // offsets of 2 bytes, references of 1
	b = binary.BigEndian.AppendUint64(b, uint64(len(a.offsets)))
	b = binary.BigEndian.AppendUint64(b, uint64(a.top))
	return binary.BigEndian.AppendUint64(b, uint64(table))
}

// appendText adds a string object: ASCII as it is, all else as UTF-16.
func appendText(b []byte, s string) []byte {
	for k := range len(s) {
		if s[k] >= 0x80 {
			units := utf16.Encode([]rune(s))
			b = appendLength(b, 0x60, len(units))
			for _, u := range units {
				b = binary.BigEndian.AppendUint16(b, u)
			}
			return b
		}
	}
	return append(appendLength(b, 0x50, len(s)), s...)
}

func appendLength(b []byte, marker byte, n int) []byte {
	switch {
	case n < 15:
		return append(b, marker|byte(n))
	case n < 256:
		return append(b, marker|15, 0x10, byte(n))
	}
	return append(b, marker|15, 0x11, byte(n>>8), byte(n))
}
