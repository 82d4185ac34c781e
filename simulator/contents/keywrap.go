package contents

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	keySize     = 32          // of every key here: AES-256
	wrappedSize = keySize + 8 // of a wrapped one
)

// integrity is the initial value of AES key wrap; it comes out again when the
// key that unwraps is the right one.
const integrity = 0xa6a6a6a6a6a6a6a6

var errUnwrap = errors.New("unwrap key: wrong key")

func newCipher(key []byte) (cipher.Block, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key of %d bytes: %w", len(key), err)
	}
	return block, nil
}

// appendWrapped adds key, wrapped under kek, to b: AES key wrap, RFC 3394.
func appendWrapped(b []byte, kek cipher.Block, key []byte) []byte {
	start := len(b)
	b = append(append(b, 0, 0, 0, 0, 0, 0, 0, 0), key...)
	out := b[start:]
	check := uint64(integrity)
	var block [16]byte
	step := uint64(0)
	for range 6 {
		for at := 8; at < len(out); at += 8 {
			step++
			binary.BigEndian.PutUint64(block[:], check)
			copy(block[8:], out[at:at+8])
			kek.Encrypt(block[:], block[:])
			check = binary.BigEndian.Uint64(block[:]) ^ step
			copy(out[at:], block[8:])
		}
	}
	binary.BigEndian.PutUint64(out, check)
	return b
}

// unwrap is the reverse; its error means another key than the one that wrapped.
func unwrap(kek cipher.Block, wrapped []byte) ([]byte, error) {
	if len(wrapped) < 24 || len(wrapped)%8 != 0 {
		return nil, fmt.Errorf("unwrap key: %d bytes", len(wrapped))
	}
	check := binary.BigEndian.Uint64(wrapped)
	key := append([]byte(nil), wrapped[8:]...)
	var block [16]byte
	step := uint64(6 * len(key) / 8)
	for range 6 {
		for at := len(key) - 8; at >= 0; at -= 8 {
			binary.BigEndian.PutUint64(block[:], check^step)
			copy(block[8:], key[at:at+8])
			kek.Decrypt(block[:], block[:])
			check = binary.BigEndian.Uint64(block[:])
			copy(key[at:], block[8:])
			step--
		}
	}
	if check != integrity {
		return nil, errUnwrap
	}
	return key, nil
}
