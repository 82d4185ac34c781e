package contents

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrPassword is what Unlock answers for a password that does not open a key bag.
var ErrPassword = errors.New("wrong backup password")

// wrappedByPassword is the bit of WRAP for a class key under the password's key.
const wrappedByPassword = 2

// mostRounds is what Unlock takes from a host: ten times a phone's.
const mostRounds = 100_000_000

// ClassKeys are the keys of the protection classes, which wrap those of files.
type ClassKeys struct {
	ciphers [classCount + 1]cipher.Block // by class
}

func (c *ClassKeys) put(class uint32, key []byte) {
	block, err := newCipher(key)
	if err == nil && class < uint32(len(c.ciphers)) {
		c.ciphers[class] = block
	}
}

// wrap adds key as it is in a manifest: its class in 4 bytes, little-endian, and the
// key wrapped under that of the class.
func (c *ClassKeys) wrap(b []byte, class uint32, key []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, class)
	return appendWrapped(b, c.ciphers[class], key)
}

// Unwrap answers the key in an EncryptionKey or ManifestKey.
func (c *ClassKeys) Unwrap(field []byte) ([]byte, error) {
	if len(field) != 4+wrappedSize {
		return nil, fmt.Errorf("unwrap key: field of %d bytes", len(field))
	}
	class := binary.LittleEndian.Uint32(field)
	if class >= uint32(len(c.ciphers)) || c.ciphers[class] == nil {
		return nil, fmt.Errorf("unwrap key: no class %d", class)
	}
	return unwrap(c.ciphers[class], field[4:])
}

// Open answers a writer for ciphertext that writes what it means to w. field is the
// EncryptionKey or ManifestKey. Padding is written too.
func (c *ClassKeys) Open(w io.Writer, field []byte) (*Opener, error) {
	key, err := c.Unwrap(field)
	if err != nil {
		return nil, err
	}
	return newOpener(w, key)
}

// bag is what is read out of a BackupKeyBag.
type bag struct {
	salt, firstSalt     []byte
	rounds, firstRounds uint32
	classes             []bagClass
}

type bagClass struct {
	class, wrap uint32
	wrapped     []byte
}

// Unlock reads a BackupKeyBag, of any phone, and answers its class keys. It is
// ErrPassword for another password, and any other error for a bag that is none.
func Unlock(keybag []byte, password string) (*ClassKeys, error) {
	b, err := parseBag(keybag)
	if err != nil {
		return nil, err
	}
	kek, err := passwordKey(password, b.firstSalt, int(b.firstRounds), b.salt, int(b.rounds))
	if err != nil {
		return nil, err
	}
	keys := &ClassKeys{}
	for _, class := range b.classes {
		if class.wrap&wrappedByPassword == 0 {
			continue
		}
		key, err := unwrap(kek, class.wrapped)
		if errors.Is(err, errUnwrap) {
			return nil, ErrPassword
		}
		if err != nil {
			return nil, fmt.Errorf("read key bag: %w", err)
		}
		keys.put(class.class, key)
	}
	return keys, nil
}

func parseBag(data []byte) (*bag, error) {
	b := &bag{}
	uuids := 0
	for len(data) > 0 {
		if len(data) < 8 {
			return nil, errors.New("read key bag: it is cut short")
		}
		tag, n := string(data[:4]), binary.BigEndian.Uint32(data[4:])
		if uint64(n) > uint64(len(data)-8) {
			return nil, fmt.Errorf("read key bag: %q of %d bytes", tag, n)
		}
		value := data[8 : 8+n]
		data = data[8+n:]
		if tag == "UUID" {
			if uuids++; uuids > 1 {
				b.classes = append(b.classes, bagClass{})
			}
		}
		b.enter(tag, value)
	}
	if len(b.salt) == 0 || len(b.firstSalt) == 0 || len(b.classes) == 0 ||
		b.rounds == 0 || b.firstRounds == 0 || b.rounds > mostRounds || b.firstRounds > mostRounds {
		return nil, errors.New("read key bag: it is not of a backup")
	}
	return b, nil
}

// enter takes one value over.
func (b *bag) enter(tag string, value []byte) {
	var n uint32
	if len(value) == 4 {
		n = binary.BigEndian.Uint32(value)
	}
	if k := len(b.classes); k > 0 {
		class := &b.classes[k-1]
		switch tag {
		case "CLAS":
			class.class = n
		case "WRAP":
			class.wrap = n
		case "WPKY":
			class.wrapped = value
		}
		return
	}
	switch tag {
	case "SALT":
		b.salt = value
	case "ITER":
		b.rounds = n
	case "DPSL":
		b.firstSalt = value
	case "DPIC":
		b.firstRounds = n
	}
}
