package contents

import (
	"crypto/aes"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// The rounds of a simulated keybag. A phone's are 10 million and 10,000; the
// first is less here because it is only there to cost time.
const (
	firstRounds  = 1000
	secondRounds = 10000
)

// keybag is the BackupKeyBag: tag, length, value; a header, then a group per
// protection class. Its class keys are wrapped under a key that comes from the
// password, which is empty on a phone that does not encrypt its backups.
func (p *plan) makeKeybag(password string) ([]byte, error) {
	salt, firstSalt := p.random(20, 1), p.random(20, 2)
	first, err := pbkdf2.Key(sha256.New, password, firstSalt, firstRounds, 32)
	if err != nil {
		return nil, fmt.Errorf("make keybag: %w", err)
	}
	key, err := pbkdf2.Key(sha1.New, string(first), salt, secondRounds, 32)
	if err != nil {
		return nil, fmt.Errorf("make keybag: %w", err)
	}
	b := tlvNumber(nil, "VERS", 5)
	b = tlvNumber(b, "TYPE", 1)
	b = tlv(b, "UUID", p.random(16, 3))
	b = tlv(b, "HMCK", p.random(40, 4))
	b = tlvNumber(b, "WRAP", 1)
	b = tlv(b, "SALT", salt)
	b = tlvNumber(b, "ITER", secondRounds)
	b = tlvNumber(b, "DPWT", 0)
	b = tlvNumber(b, "DPIC", firstRounds)
	b = tlv(b, "DPSL", firstSalt)
	for class := range uint32(11) {
		wrapped, err := wrapKey(key, p.random(32, 100+uint64(class)))
		if err != nil {
			return nil, err
		}
		b = tlv(b, "UUID", p.random(16, 200+uint64(class)))
		b = tlvNumber(b, "CLAS", class+1)
		b = tlvNumber(b, "WRAP", 2)
		b = tlvNumber(b, "KTYP", 0)
		b = tlv(b, "WPKY", wrapped)
	}
	return b, nil
}

// random is the phone's n-th secret.
func (p *plan) random(length int, n uint64) []byte {
	b := make([]byte, 0, length+8)
	for k := uint64(0); len(b) < length; k++ {
		b = binary.LittleEndian.AppendUint64(b, mix(p.seed, forKeys, n, k))
	}
	return b[:length]
}

func tlv(b []byte, tag string, value []byte) []byte {
	b = append(b, tag...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	return append(b, value...)
}

func tlvNumber(b []byte, tag string, n uint32) []byte {
	return tlv(b, tag, binary.BigEndian.AppendUint32(nil, n))
}

// wrapKey is AES key wrap, RFC 3394, of a key of 32 bytes.
func wrapKey(kek, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, fmt.Errorf("wrap class key: %w", err)
	}
	out := make([]byte, 8+len(key))
	copy(out[8:], key)
	integrity := uint64(0xa6a6a6a6a6a6a6a6)
	var b [16]byte
	step := uint64(0)
	for range 6 {
		for at := 8; at < len(out); at += 8 {
			step++
			binary.BigEndian.PutUint64(b[:], integrity)
			copy(b[8:], out[at:at+8])
			block.Encrypt(b[:], b[:])
			integrity = binary.BigEndian.Uint64(b[:]) ^ step
			copy(out[at:], b[8:])
		}
	}
	binary.BigEndian.PutUint64(out, integrity)
	return out, nil
}
