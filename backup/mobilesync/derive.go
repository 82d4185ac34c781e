package mobilesync

import (
	"context"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

const keyLen = 32 // of every key in a backup: AES-256

// tellEvery is how many rounds pass between two looks at ctx and two tellings of
// progress: some tens of milliseconds.
const tellEvery = 1 << 16

// derivation is a password being turned into a key.
type derivation struct {
	ctx         context.Context
	progress    func(done, total int)
	done, total int
}

// key turns a password into the key that wraps the class keys of bag. Ten million
// rounds take some seconds; ctx ends them, and progress, if not nil, is told how
// many of how many are done.
func (b *keyBag) key(ctx context.Context, password string, progress func(done, total int)) ([]byte, error) {
	d := derivation{ctx: ctx, progress: progress, total: b.firstRounds + 2*b.rounds}
	secret := []byte(password)
	defer func() { clear(secret) }()
	if b.firstRounds > 0 {
		k1, err := d.pbkdf2(sha256.New, secret, b.firstSalt, b.firstRounds)
		clear(secret)
		if err != nil {
			return nil, err
		}
		secret = k1
	}
	k, err := d.pbkdf2(sha1.New, secret, b.salt, b.rounds)
	d.tell()
	return k, err
}

// pbkdf2 is PBKDF2 of RFC 8018 with HMAC, for keyLen bytes. The library's can be
// neither watched nor stopped.
func (d *derivation) pbkdf2(h func() hash.Hash, password, salt []byte, rounds int) ([]byte, error) {
	prf := hmac.New(h, password)
	size := prf.Size()
	blocks := (keyLen + size - 1) / size
	key := make([]byte, 0, blocks*size)
	u := make([]byte, 0, size)
	for block := 1; block <= blocks; block++ {
		prf.Reset()
		prf.Write(salt)
		prf.Write(binary.BigEndian.AppendUint32(nil, uint32(block)))
		u = prf.Sum(u[:0])
		key = append(key, u...)
		t := key[len(key)-size:]
		for n := 1; n < rounds; n++ {
			prf.Reset()
			prf.Write(u)
			u = prf.Sum(u[:0])
			subtle.XORBytes(t, t, u)
			if n%tellEvery == 0 {
				if err := d.step(tellEvery); err != nil {
					return nil, err
				}
			}
		}
		d.done += rounds % tellEvery
	}
	clear(u)
	clear(key[keyLen:])
	return key[:keyLen], nil
}

func (d *derivation) step(rounds int) error {
	d.done += rounds
	d.tell()
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	return nil
}

func (d *derivation) tell() {
	if d.progress != nil {
		d.progress(min(d.done, d.total), d.total)
	}
}

// unwrapIV is what RFC 3394 puts before a key, to know it again.
var unwrapIV = [8]byte{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6}

// unwrapKey undoes the AES key wrap of RFC 3394, section 2.2.2. It answers false
// when kek is not the key that wrapped it, or the wrapped key is damaged.
func unwrapKey(kek, wrapped []byte) ([]byte, bool) {
	n := len(wrapped)/8 - 1
	if len(wrapped)%8 != 0 || n < 2 {
		return nil, false
	}
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, false
	}
	var b [16]byte // the register A, then the half-block that is worked on
	copy(b[:8], wrapped)
	r := append([]byte(nil), wrapped[8:]...)
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			t := uint64(n*j + i)
			binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])^t)
			copy(b[8:], r[8*(i-1):8*i])
			block.Decrypt(b[:], b[:])
			copy(r[8*(i-1):8*i], b[8:])
		}
	}
	if subtle.ConstantTimeCompare(b[:8], unwrapIV[:]) != 1 {
		clear(r)
		return nil, false
	}
	return r, true
}
