package mobilesync

import (
	"crypto/sha1"
	"encoding/hex"
)

// FileID names a row and its body: the SHA-1 of domain, "-" and relative path.
type FileID [sha1.Size]byte

// NewFileID computes the id of a file.
func NewFileID(domain, relativePath string) FileID {
	h := sha1.New()
	h.Write([]byte(domain))
	h.Write([]byte{'-'})
	h.Write([]byte(relativePath))
	return FileID(h.Sum(nil))
}

// ParseFileID reads 40 lower-case hex digits, the only spelling that a phone
// uses and a body's name may have.
func ParseFileID[T string | []byte](s T) (FileID, bool) {
	var id FileID
	if len(s) != 2*len(id) {
		return id, false
	}
	for i := range id {
		hi, lo := unhex(s[2*i]), unhex(s[2*i+1])
		if hi > 15 || lo > 15 {
			return id, false
		}
		id[i] = hi<<4 | lo
	}
	return id, true
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

// String gives the 40 lower-case hex digits.
func (id FileID) String() string { return hex.EncodeToString(id[:]) }

// Body gives the slash path of the body inside the phone's folder, "3d/3d0d…".
func (id FileID) Body() string {
	s := id.String()
	return s[:2] + "/" + s
}
