package mobilesync

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// A BackupKeyBag is a sequence of items: a tag of four letters, the length of the
// value as 4 bytes, the value; numbers are big-endian. The items up to the second
// UUID are about the bag, each later UUID begins a class key:
//
//	UUID  16 bytes            of the bag, then of each class key
//	SALT  ITER                of the second derivation, with HMAC-SHA1
//	DPSL  DPIC                of the first, with HMAC-SHA256; absent before iOS 10.2
//	CLAS                      the number of the class, 1 to 11
//	WRAP                      what wraps the class key: 1 the device's key, 2 the password's
//	KTYP                      0 for an AES key
//	WPKY  40 bytes            the class key, wrapped as RFC 3394 says
//
// From password to key: k1 = PBKDF2-HMAC-SHA256(password, DPSL, DPIC), then
// PBKDF2-HMAC-SHA1(k1, SALT, ITER), both 32 bytes long; without DPSL k1 is the
// password.

// Limits on what a bag may make us do. A phone writes 10,000,000 rounds, some
// seconds of work, and eleven classes.
const (
	maxKeyBag  = 64 << 10
	maxRounds  = 100_000_000
	maxSalt    = 1024
	classLimit = 32 // class numbers are below it
)

const wrappedLen = 40 // of a wrapped AES-256 key

// wrapPassword is the bit of WRAP that says "with the password".
const wrapPassword = 2

// ErrKeyBag is wrapped by errors about a key bag that cannot be used.
var ErrKeyBag = errors.New("malformed key bag")

// keyBag is what is needed of a BackupKeyBag.
type keyBag struct {
	uuid        string // 32 hex digits
	salt        []byte
	rounds      int
	firstSalt   []byte
	firstRounds int // 0: no first derivation
	classes     [classLimit]classKey
}

// classKey is one wrapped key; absent when wrapped is nil.
type classKey struct {
	wrap    uint32
	keyType uint32
	wrapped []byte
}

// KeyBagUUID names the generation of the backup password: the phone makes a new
// key bag when the password is set or changed, and all backups with the same one
// open with the same password. It is 32 hex digits. An unencrypted backup has a
// key bag too.
func (m Manifest) KeyBagUUID() (string, error) {
	bag, err := parseKeyBag(m.BackupKeyBag)
	if err != nil {
		return "", err
	}
	return bag.uuid, nil
}

// parseKeyBag reads a bag. Tags that it does not know are passed over.
func parseKeyBag(b []byte) (*keyBag, error) {
	if len(b) > maxKeyBag {
		return nil, fmt.Errorf("%w: %d bytes", ErrKeyBag, len(b))
	}
	p := bagParser{class: -1}
	for len(b) > 0 {
		if len(b) < 8 {
			return nil, fmt.Errorf("%w: it ends within an item", ErrKeyBag)
		}
		tag, n := string(b[:4]), binary.BigEndian.Uint32(b[4:])
		if uint64(n) > uint64(len(b)-8) {
			return nil, fmt.Errorf("%w: %q is longer than the bag", ErrKeyBag, tag)
		}
		if err := p.item(tag, b[8:8+n]); err != nil {
			return nil, err
		}
		b = b[8+n:]
	}
	if err := p.endClass(); err != nil {
		return nil, err
	}
	return &p.bag, p.bag.check()
}

// bagParser is a bag being read.
type bagParser struct {
	bag   keyBag
	uuids int
	key   classKey
	class int // of key; -1: not known yet
}

func (p *bagParser) item(tag string, v []byte) error {
	switch tag {
	case "UUID":
		return p.begin(v)
	case "SALT":
		return blob(tag, v, &p.bag.salt)
	case "DPSL":
		return blob(tag, v, &p.bag.firstSalt)
	case "ITER":
		return rounds(tag, v, &p.bag.rounds)
	case "DPIC":
		return rounds(tag, v, &p.bag.firstRounds)
	}
	if p.uuids < 2 {
		return nil // WRAP, too, stands in the header, with another meaning
	}
	var err error
	switch tag {
	case "CLAS":
		var n uint32
		if n, err = number(tag, v); err == nil && n >= classLimit {
			err = fmt.Errorf("%w: class %d", ErrKeyBag, n)
		}
		p.class = int(n % classLimit)
	case "WRAP":
		p.key.wrap, err = number(tag, v)
	case "KTYP":
		p.key.keyType, err = number(tag, v)
	case "WPKY":
		p.key.wrapped = v
	}
	return err
}

// begin handles a UUID: the first is the bag's, each later one begins a class.
func (p *bagParser) begin(v []byte) error {
	p.uuids++
	if p.uuids == 1 {
		if len(v) != 16 {
			return fmt.Errorf("%w: a UUID of %d bytes", ErrKeyBag, len(v))
		}
		p.bag.uuid = hex.EncodeToString(v)
		return nil
	}
	return p.endClass()
}

// endClass files the class key that was being read. One that the password does not
// open, or of another kind, is of no use here.
func (p *bagParser) endClass() error {
	key, class := p.key, p.class
	p.key, p.class = classKey{}, -1
	if class < 0 || key.wrapped == nil || key.wrap&wrapPassword == 0 || key.keyType != 0 {
		return nil
	}
	if len(key.wrapped) != wrappedLen {
		return fmt.Errorf("%w: the key of class %d has %d bytes", ErrKeyBag, class, len(key.wrapped))
	}
	if p.bag.classes[class].wrapped != nil {
		return fmt.Errorf("%w: class %d stands there twice", ErrKeyBag, class)
	}
	p.bag.classes[class] = key
	return nil
}

func (b *keyBag) check() error {
	switch {
	case b.uuid == "":
		return fmt.Errorf("%w: no UUID", ErrKeyBag)
	case len(b.salt) == 0 || b.rounds == 0:
		return fmt.Errorf("%w: no SALT or no ITER", ErrKeyBag)
	case (len(b.firstSalt) == 0) != (b.firstRounds == 0):
		return fmt.Errorf("%w: DPSL without DPIC, or the other way round", ErrKeyBag)
	}
	for _, c := range b.classes {
		if c.wrapped != nil {
			return nil
		}
	}
	return fmt.Errorf("%w: no key that a password opens", ErrKeyBag)
}

func blob(tag string, v []byte, to *[]byte) error {
	if len(v) > maxSalt {
		return fmt.Errorf("%w: %s of %d bytes", ErrKeyBag, tag, len(v))
	}
	*to = v
	return nil
}

func number(tag string, v []byte) (uint32, error) {
	if len(v) != 4 {
		return 0, fmt.Errorf("%w: %s of %d bytes", ErrKeyBag, tag, len(v))
	}
	return binary.BigEndian.Uint32(v), nil
}

// rounds reads a count of rounds. A count that would keep the computer busy for
// minutes is a trap, or damage.
func rounds(tag string, v []byte, to *int) error {
	n, err := number(tag, v)
	if err != nil {
		return err
	}
	if n == 0 || n > maxRounds {
		return fmt.Errorf("%w: %s asks for %d rounds, not 1 to %d", ErrKeyBag, tag, n, maxRounds)
	}
	*to = int(n)
	return nil
}
