package backupagent

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
)

// listed is an entry of a folder on the host.
type listed struct {
	dir  bool
	size int64
}

// list asks the host what is in a folder; found is false when it has none.
func (s *session) list(path string) (entries map[string]listed, found bool, err error) {
	if err := s.send("DLContentsOfDirectory", path); err != nil {
		return nil, false, err
	}
	frame, err := s.receiveFrame()
	if err != nil {
		return nil, false, cut(err)
	}
	if entries, ok := quickListing(frame); ok {
		return entries, true, nil
	}
	name, rest, err := parseMessage(frame)
	if err != nil {
		return nil, false, err
	}
	r, err := asReply(name, rest)
	if err != nil {
		return nil, false, err
	}
	switch code := r.worst(); code {
	case dlOK:
	case dlNotFound:
		return nil, false, nil
	default:
		return nil, false, onRead(code, path)
	}
	dict, ok := r.payload.(map[string]any)
	if !ok {
		return nil, false, fmt.Errorf("list %s: got a %T", path, r.payload)
	}
	entries = make(map[string]listed, len(dict))
	for name, v := range dict {
		facts, _ := v.(map[string]any)
		size, _ := integer(facts["DLFileSize"])
		entries[name] = listed{dir: facts["DLFileType"] == "DLFileTypeDirectory", size: size}
	}
	return entries, true, nil
}

// quickListing reads the reply to DLContentsOfDirectory when it is a binary
// property list that says OK. It is for speed alone: half of the messages of an
// incremental run are listings, of hundreds of entries each. Whatever it does
// not know is left to the general way.
func quickListing(frame []byte) (map[string]listed, bool) {
	p, err := openBinary(frame)
	if err != nil {
		return nil, false
	}
	top, ok := p.children(p.top, 0xa0)
	if !ok || len(top) != 4*p.refSize {
		return nil, false
	}
	name, ok1 := p.text(p.ref(top, 0))
	code, ok2 := p.number(p.ref(top, 1))
	dict, ok3 := p.children(p.ref(top, 3), 0xd0)
	if !ok1 || !ok2 || !ok3 || name != "DLMessageStatusResponse" || code != dlOK {
		return nil, false
	}
	n := len(dict) / p.refSize / 2
	entries := make(map[string]listed, n)
	for k := range n {
		name, ok := p.text(p.ref(dict, k))
		facts, ok2 := p.children(p.ref(dict, n+k), 0xd0)
		if !ok || !ok2 {
			return nil, false
		}
		entries[name] = p.listed(facts)
	}
	return entries, true
}

// listed reads what is said of one entry.
func (p *binaryList) listed(facts []byte) (e listed) {
	n := len(facts) / p.refSize / 2
	for k := range n {
		switch key := p.bytes(p.ref(facts, k)); {
		case bytes.Equal(key, []byte("DLFileType")):
			e.dir = bytes.Equal(p.bytes(p.ref(facts, n+k)), []byte("DLFileTypeDirectory"))
		case bytes.Equal(key, []byte("DLFileSize")):
			e.size, _ = p.number(p.ref(facts, n+k))
		}
	}
	return e
}

// binaryList looks objects up in a binary property list without decoding all.
type binaryList struct {
	data             []byte
	offSize, refSize int
	count, top       uint64
	table            []byte
}

func openBinary(data []byte) (*binaryList, error) {
	if len(data) < 40 || string(data[:8]) != "bplist00" {
		return nil, errors.New("not a binary property list")
	}
	t := data[len(data)-32:]
	p := &binaryList{data: data[:len(data)-32], offSize: int(t[6]), refSize: int(t[7])}
	p.count, p.top = binary.BigEndian.Uint64(t[8:]), binary.BigEndian.Uint64(t[16:])
	at := binary.BigEndian.Uint64(t[24:])
	size := uint64(len(p.data))
	if p.offSize < 1 || p.offSize > 8 || p.refSize < 1 || p.refSize > 8 || at > size ||
		p.count > (size-at)/uint64(p.offSize) {
		return nil, errors.New("bad trailer")
	}
	p.table = p.data[at:]
	return p, nil
}

// object answers the marker of an object and what follows it.
func (p *binaryList) object(ref uint64) (byte, []byte) {
	if ref >= p.count {
		return 0, nil
	}
	at := bigEndian(p.table[ref*uint64(p.offSize):][:p.offSize])
	if at >= uint64(len(p.data)) {
		return 0, nil
	}
	return p.data[at], p.data[at+1:]
}

// sized answers the kind of an object, its length in units of the given kind,
// and its bytes from there.
func (p *binaryList) sized(ref uint64) (kind byte, n uint64, rest []byte) {
	marker, rest := p.object(ref)
	n = uint64(marker & 15)
	if n == 15 {
		if len(rest) == 0 || rest[0]&0xf0 != 0x10 || rest[0]&15 > 3 {
			return 0, 0, nil
		}
		width := 1 << (rest[0] & 15)
		if len(rest) < 1+width {
			return 0, 0, nil
		}
		n, rest = bigEndian(rest[1:1+width]), rest[1+width:]
	}
	return marker & 0xf0, n, rest
}

// children answers the references in an array (0xa0) or dictionary (0xd0).
func (p *binaryList) children(ref uint64, want byte) ([]byte, bool) {
	kind, n, rest := p.sized(ref)
	per := uint64(p.refSize)
	if want == 0xd0 {
		per *= 2
	}
	if kind != want || n > uint64(len(rest))/per {
		return nil, false
	}
	return rest[:n*per], true
}

func (p *binaryList) ref(refs []byte, k int) uint64 {
	return bigEndian(refs[k*p.refSize:][:p.refSize])
}

// bytes answers an ASCII string as it stands, nil for anything else.
func (p *binaryList) bytes(ref uint64) []byte {
	kind, n, rest := p.sized(ref)
	if kind != 0x50 || n > uint64(len(rest)) {
		return nil
	}
	return rest[:n]
}

func (p *binaryList) text(ref uint64) (string, bool) {
	kind, n, rest := p.sized(ref)
	switch {
	case kind == 0x50 && n <= uint64(len(rest)):
		return string(rest[:n]), true
	case kind == 0x60 && n <= uint64(len(rest))/2:
		units := make([]uint16, n)
		for k := range units {
			units[k] = binary.BigEndian.Uint16(rest[2*k:])
		}
		return string(utf16.Decode(units)), true
	}
	return "", false
}

// number answers an integer; of one of 16 bytes the low 8.
func (p *binaryList) number(ref uint64) (int64, bool) {
	marker, rest := p.object(ref)
	width := 1 << (marker & 15)
	if marker&0xf0 != 0x10 || marker&15 > 4 || len(rest) < width {
		return 0, false
	}
	return int64(bigEndian(rest[max(0, width-8):width])), true
}

func bigEndian(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
