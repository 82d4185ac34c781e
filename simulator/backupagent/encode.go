package backupagent

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf16"
)

// encoder writes binary property lists of the few types that messages are made
// of, without reflection: a run sends thousands of them. Children come before
// their parents, so the top object is the last one.
type encoder struct {
	b       []byte
	offsets []uint32
}

// pairs is a dictionary in a given order, as moves are.
type pairs [][2]string

// encode answers the binary property list of v, good until the next call. The
// types are those below; another one is a mistake of the caller's.
func (e *encoder) encode(v any) ([]byte, error) {
	e.b, e.offsets = append(e.b[:0], "bplist00"...), e.offsets[:0]
	top, err := e.add(v)
	if err != nil {
		return nil, err
	}
	if len(e.offsets) > math.MaxUint16 {
		return nil, fmt.Errorf("encode message: %d objects", len(e.offsets))
	}
	table := len(e.b)
	for _, at := range e.offsets {
		e.b = binary.BigEndian.AppendUint32(e.b, at)
	}
	e.b = append(e.b, 0, 0, 0, 0, 0, 0, 4, 2) // offsets of 4 bytes, references of 2
	e.b = binary.BigEndian.AppendUint64(e.b, uint64(len(e.offsets)))
	e.b = binary.BigEndian.AppendUint64(e.b, uint64(top))
	return binary.BigEndian.AppendUint64(e.b, uint64(table)), nil
}

// add writes v and answers its reference.
func (e *encoder) add(v any) (uint16, error) {
	switch v := v.(type) {
	case string:
		return e.text(v), nil
	case bool:
		e.begin()
		e.b = append(e.b, 0x08)
		if v {
			e.b[len(e.b)-1] = 0x09
		}
	case int:
		return e.number(uint64(v)), nil
	case uint64:
		return e.number(v), nil
	case float64:
		e.begin()
		e.b = binary.BigEndian.AppendUint64(append(e.b, 0x23), math.Float64bits(v))
	case []string:
		refs := make([]uint16, len(v))
		for k, s := range v {
			refs[k] = e.text(s)
		}
		return e.container(0xa0, refs), nil
	case []any:
		refs := make([]uint16, len(v))
		for k, child := range v {
			ref, err := e.add(child)
			if err != nil {
				return 0, err
			}
			refs[k] = ref
		}
		return e.container(0xa0, refs), nil
	case pairs:
		refs := make([]uint16, 2*len(v))
		for k, pair := range v {
			refs[k], refs[len(v)+k] = e.text(pair[0]), e.text(pair[1])
		}
		return e.container(0xd0, refs), nil
	case map[string]any:
		return e.dict(v)
	default:
		return 0, fmt.Errorf("encode message: a %T", v)
	}
	return uint16(len(e.offsets) - 1), nil
}

func (e *encoder) begin() { e.offsets = append(e.offsets, uint32(len(e.b))) }

func (e *encoder) number(n uint64) uint16 {
	e.begin()
	e.b = binary.BigEndian.AppendUint64(append(e.b, 0x13), n)
	return uint16(len(e.offsets) - 1)
}

func (e *encoder) dict(v map[string]any) (uint16, error) {
	refs := make([]uint16, 2*len(v))
	for k, key := range slices.Sorted(maps.Keys(v)) {
		refs[k] = e.text(key)
		ref, err := e.add(v[key])
		if err != nil {
			return 0, err
		}
		refs[len(v)+k] = ref
	}
	return e.container(0xd0, refs), nil
}

// container writes an array, or a dictionary whose keys come before its values.
func (e *encoder) container(marker byte, refs []uint16) uint16 {
	e.begin()
	n := len(refs)
	if marker == 0xd0 {
		n /= 2
	}
	e.length(marker, n)
	for _, ref := range refs {
		e.b = binary.BigEndian.AppendUint16(e.b, ref)
	}
	return uint16(len(e.offsets) - 1)
}

func (e *encoder) text(s string) uint16 {
	e.begin()
	ascii := true
	for k := range len(s) {
		ascii = ascii && s[k] < 0x80
	}
	if ascii {
		e.length(0x50, len(s))
		e.b = append(e.b, s...)
	} else {
		units := utf16.Encode([]rune(s))
		e.length(0x60, len(units))
		for _, u := range units {
			e.b = binary.BigEndian.AppendUint16(e.b, u)
		}
	}
	return uint16(len(e.offsets) - 1)
}

func (e *encoder) length(marker byte, n int) {
	if n < 15 {
		e.b = append(e.b, marker|byte(n))
		return
	}
	e.b = binary.BigEndian.AppendUint32(append(e.b, marker|15, 0x12), uint32(n))
}
