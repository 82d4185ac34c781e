// Package plist is the only door through which property lists from outside (a
// phone, usbmuxd, a backup folder) come in, and through which ours go out.
//
// The decoder behind it is howett.net/plist. It trusts its input: it recurses as
// deep as the document says, expands shared objects again at every reference,
// allocates what a count claims, falls back to a text format nobody sends, and
// lets runtime panics through. So every document passes a guard first, which
// reads it once without allocating more than a few bytes per object:
//
//   - Binary lists ("bplist00"): the trailer, the offset table, each tag and each
//     reference are checked to lie inside the document; cycles are refused; the
//     nesting, the number of objects and the size after expansion are bounded.
//   - XML lists: only the eleven elements of the format, attributes on <plist>
//     alone, no DTD subset (so no entities), bounded nesting and size.
//   - Everything else, the old text format too, is refused.
//
// What passes is decoded with any remaining panic turned into an error.
package plist

import (
	"bytes"
	"errors"
	"fmt"

	howett "howett.net/plist"
)

// ErrMalformed says that a document is no property list, or a broken one.
var ErrMalformed = errors.New("malformed property list")

// ErrTooLarge says that a document goes beyond its Limits.
var ErrTooLarge = errors.New("property list beyond its limits")

// UID is the "CF$UID" value of keyed archives.
type UID = howett.UID

// Limits bounds what one document may cost.
type Limits struct {
	Size    int // bytes of the document itself
	Depth   int // arrays and dictionaries inside one another
	Objects int // objects of a binary list, elements of an XML one
	Decoded int // bytes of memory that the decoded values may take, estimated; at most 4 GiB
}

// DefaultLimits bounds a message or a file of ordinary size: 64 MiB of document,
// 128 levels, 2 million objects, and about 64 MiB of decoded values.
func DefaultLimits() Limits {
	return Limits{Size: 64 << 20, Depth: 128, Objects: 2 << 20, Decoded: 64 << 20}
}

// Unmarshal decodes an XML or binary property list within DefaultLimits into v,
// a pointer to a struct, a map, or an empty interface. Into an interface it
// gives string, bool, uint64, int64 (negative), float64, float32, []byte,
// time.Time, UID, []any and map[string]any. Its errors wrap ErrMalformed or
// ErrTooLarge; a value of another type than v's is ErrMalformed too.
func Unmarshal(data []byte, v any) error {
	return UnmarshalLimits(data, v, DefaultLimits())
}

// UnmarshalLimits is Unmarshal with limits of the caller's own.
func UnmarshalLimits(data []byte, v any, lim Limits) error {
	doc, err := check(data, lim)
	if err != nil {
		return err
	}
	if err := decode(doc, v); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// MarshalBinary encodes v as a binary property list: the form for large messages
// and for MobileBackup2.
func MarshalBinary(v any) ([]byte, error) { return encode(v, howett.BinaryFormat) }

// MarshalXML encodes v as an XML property list: the form that lockdownd and
// usbmuxd are sent.
func MarshalXML(v any) ([]byte, error) { return encode(v, howett.XMLFormat) }

// check runs the guard that fits the document and returns the bytes to decode.
func check(data []byte, lim Limits) ([]byte, error) {
	if len(data) > lim.Size {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), lim.Size)
	}
	if bytes.HasPrefix(data, []byte("bplist")) {
		return data, checkBinary(data, lim)
	}
	// The decoder guesses the encoding from the first two bytes, so nothing may
	// stand before the first tag.
	doc := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	doc = bytes.TrimLeft(doc, " \t\r\n")
	if len(doc) == 0 || doc[0] != '<' {
		return nil, fmt.Errorf("%w: neither XML nor binary", ErrMalformed)
	}
	return doc, checkXML(doc, lim)
}

func decode(doc []byte, v any) (err error) {
	defer recovered(&err)
	_, err = howett.Unmarshal(doc, v)
	return err
}

func encode(v any, format int) (data []byte, err error) {
	defer recovered(&err)
	data, err = howett.Marshal(v, format)
	if err != nil {
		return nil, fmt.Errorf("encode property list: %w", err)
	}
	return data, nil
}

// recovered turns a panic of the library into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("property list library: %v", r)
	}
}
