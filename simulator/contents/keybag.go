package contents

import (
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// The rounds of a key bag. A phone's are 10 million and 10,000; the first is less
// here unless Config.Rounds says otherwise, because it is only there to cost time.
const (
	defaultRounds = 1000
	secondRounds  = 10000
	classCount    = 11 // protection classes in a key bag; files use the first four
	fileClasses   = 4
	manifestClass = 4 // of the key of Manifest.db
)

// Keybag is what a phone encrypts its backups with, from one change of the backup
// password to the next: the class keys, and the file keys that they wrap. Without
// a password it is the key bag that backups carry all the same, and encrypts
// nothing. It never changes.
type Keybag struct {
	seed     uint64
	number   int // changes of the password before it
	password string
	rounds   int
	keys     *ClassKeys
	encode   func() ([]byte, error)
}

// newKeybag makes the phone's key bag number n. What costs time is left to the
// first use.
func (p *plan) newKeybag(n int, password string) *Keybag {
	k := &Keybag{seed: p.seed, number: n, password: password, rounds: p.rounds, keys: &ClassKeys{}}
	for class := range uint32(classCount) {
		k.keys.put(class+1, k.secret(keySize, 100+uint64(class)))
	}
	k.encode = sync.OnceValues(k.encodeOnce)
	return k
}

// Encrypts says whether a backup password is set; a nil Keybag has none.
func (k *Keybag) Encrypts() bool { return k != nil && k.password != "" }

// Number counts the changes of the password before this key bag.
func (k *Keybag) Number() int { return k.number }

// Opens says whether password is the one that is set; the empty one is when none is.
func (k *Keybag) Opens(password string) bool { return k.password == password }

// Keys are the class keys, which the phone itself has without the password.
func (k *Keybag) Keys() *ClassKeys { return k.keys }

// Bytes is the BackupKeyBag of Manifest.plist: tag, length, value; a header, then a
// group per protection class. Its class keys are wrapped under a key that comes
// from the password. The first call takes as long as the rounds do.
func (k *Keybag) Bytes() ([]byte, error) { return k.encode() }

func (k *Keybag) encodeOnce() ([]byte, error) {
	salt, firstSalt := k.secret(20, 1), k.secret(20, 2)
	key, err := passwordKey(k.password, firstSalt, k.rounds, salt, secondRounds)
	if err != nil {
		return nil, err
	}
	b := tlvNumber(nil, "VERS", 5)
	b = tlvNumber(b, "TYPE", 1)
	b = tlv(b, "UUID", k.secret(16, 3))
	b = tlv(b, "HMCK", k.secret(40, 4))
	b = tlvNumber(b, "WRAP", 1)
	b = tlv(b, "SALT", salt)
	b = tlvNumber(b, "ITER", secondRounds)
	b = tlvNumber(b, "DPWT", 0)
	b = tlvNumber(b, "DPIC", uint32(k.rounds))
	b = tlv(b, "DPSL", firstSalt)
	for class := range uint32(classCount) {
		b = tlv(b, "UUID", k.secret(16, 200+uint64(class)))
		b = tlvNumber(b, "CLAS", class+1)
		b = tlvNumber(b, "WRAP", wrappedByPassword)
		b = tlvNumber(b, "KTYP", 0)
		b = tlv(b, "WPKY", appendWrapped(nil, key, k.secret(keySize, 100+uint64(class))))
	}
	return b, nil
}

// passwordKey is the key that a password comes to.
func passwordKey(password string, firstSalt []byte, firstRounds int, salt []byte, rounds int) (cipher.Block, error) {
	first, err := pbkdf2.Key(sha256.New, password, firstSalt, firstRounds, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	key, err := pbkdf2.Key(sha1.New, string(first), salt, rounds, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return newCipher(key)
}

// secret is the key bag's n-th.
func (k *Keybag) secret(length int, n uint64) []byte {
	words := []uint64{k.seed, forKeys, n, 0}
	if k.number > 0 {
		words = append(words, uint64(k.number))
	}
	b := make([]byte, 0, length+8)
	for ; len(b) < length; words[3]++ {
		b = binary.LittleEndian.AppendUint64(b, mix(words...))
	}
	return b[:length]
}

// manifestKey is the key of every Manifest.db under this key bag.
func (k *Keybag) manifestKey() []byte { return k.secret(keySize, 5) }

// ManifestKey is the field of Manifest.plist: the class, little-endian, and the
// key of Manifest.db wrapped under the key of that class.
func (k *Keybag) ManifestKey() []byte {
	return k.keys.wrap(nil, manifestClass, k.manifestKey())
}

// salt and PasswordHash are in the Properties of an encrypted Manifest.db.
func (k *Keybag) salt() []byte { return k.secret(20, 6) }

// PasswordHash is SHA-256 of the password and a salt.
func (k *Keybag) PasswordHash(salt []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(k.password), salt...))
}

// class is the protection class of file i of v.
func (k *Keybag) class(v *View, i int) uint32 {
	return 1 + uint32(mix(v.plan.seed, forClass, uint64(i))%fileClasses)
}

// fileKey is the key of file i of v: another one for each file, each change of it
// and each key bag.
func (k *Keybag) fileKey(v *View, i int) (key [keySize]byte) {
	for n := range keySize / 8 {
		word := mix(k.seed, forFileKey, uint64(k.number), v.plan.seed, uint64(i), uint64(v.gens[i]), uint64(n))
		binary.LittleEndian.PutUint64(key[8*n:], word)
	}
	return key
}

// appendFileKey adds the EncryptionKey of file i of v.
func (k *Keybag) appendFileKey(b []byte, v *View, i int) []byte {
	key := k.fileKey(v, i)
	return k.keys.wrap(b, k.class(v, i), key[:])
}

// Size is how long a body of n bytes is in a backup: SealedSize(n), and n without a
// password.
func (k *Keybag) Size(n int64) int64 {
	if !k.Encrypts() {
		return n
	}
	return SealedSize(n)
}

// Seal answers the body of file i of v as it is in an encrypted backup.
func (k *Keybag) Seal(v *View, i int) (io.Reader, error) {
	key := k.fileKey(v, i)
	return newSealer(Plain(v.Body(i)), key[:])
}

// SealManifest answers db, a whole number of blocks, encrypted as Manifest.db.
func (k *Keybag) SealManifest(db io.Reader) (io.Reader, error) {
	return newSealer(db, k.manifestKey())
}

func tlv(b []byte, tag string, value []byte) []byte {
	b = append(b, tag...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	return append(b, value...)
}

func tlvNumber(b []byte, tag string, n uint32) []byte {
	return tlv(b, tag, binary.BigEndian.AppendUint32(nil, n))
}
