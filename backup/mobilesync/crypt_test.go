package mobilesync

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// crypt makes a world an encrypted one, as a phone does. It shares nothing with
// the code under test: the library's PBKDF2, its own key wrap, its own tags.
type crypt struct {
	password      string
	first, second int // rounds; first 0: an old bag without DPSL and DPIC
	plainList     bool
	bag           []byte // filled in
}

func newCrypt(password string) *crypt { return &crypt{password: password, first: 1000, second: 100} }

// secret makes up bytes.
func secret(label string, n int) []byte {
	sum := sha256.Sum256([]byte(label))
	return sum[:n]
}

func classSecret(class uint32) []byte { return secret("class"+string(rune('a'+class)), 32) }

func tlv(b []byte, tag string, v []byte) []byte {
	b = append(b, tag...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
	return append(b, v...)
}

func tlvInt(b []byte, tag string, n uint32) []byte {
	return tlv(b, tag, binary.BigEndian.AppendUint32(nil, n))
}

// keyBag makes a bag with the keys of classes 1 to 11, the last two wrapped with
// the device's key only.
func (c *crypt) keyBag(t testing.TB) []byte {
	t.Helper()
	salt, firstSalt := secret("salt", 20), secret("first salt", 20)
	key := []byte(c.password)
	b := tlvInt(nil, "VERS", 3)
	b = tlvInt(b, "TYPE", 1)
	b = tlv(b, "UUID", secret("bag of "+c.password, 16))
	b = tlv(b, "HMCK", make([]byte, 40))
	b = tlvInt(b, "WRAP", 1)
	b = tlv(b, "SALT", salt)
	b = tlvInt(b, "ITER", uint32(c.second))
	if c.first > 0 {
		b = tlvInt(b, "DPWT", 1)
		b = tlvInt(b, "DPIC", uint32(c.first))
		b = tlv(b, "DPSL", firstSalt)
		k, err := pbkdf2.Key(sha256.New, string(key), firstSalt, c.first, 32)
		must(t, err)
		key = k
	}
	kek, err := pbkdf2.Key(sha1.New, string(key), salt, c.second, 32)
	must(t, err)
	for class := uint32(1); class <= 11; class++ {
		wrap := uint32(2)
		if class > 9 {
			wrap = 1
		}
		b = tlv(b, "UUID", secret("class", 16))
		b = tlvInt(b, "CLAS", class)
		b = tlvInt(b, "WRAP", wrap)
		b = tlvInt(b, "KTYP", 0)
		b = tlv(b, "WPKY", wrapKey(t, kek, classSecret(class)))
	}
	return b
}

// wrapped gives a file's key with its class before it, and the key itself.
func wrapped(t testing.TB, class uint32, label string) (field, key []byte) {
	key = secret("file "+label, 32)
	return append(binary.LittleEndian.AppendUint32(nil, class), wrapKey(t, classSecret(class), key)...), key
}

// fill puts bag and keys into the world before it is written.
func (c *crypt) fill(t testing.TB, w *world) {
	t.Helper()
	c.bag = c.keyBag(t)
	w.manifest["IsEncrypted"], w.manifest["BackupKeyBag"] = true, c.bag
	if !c.plainList {
		w.manifest["ManifestKey"], _ = wrapped(t, 3, "list")
	}
	for i := range w.rows {
		r := &w.rows[i]
		if r.flags != FlagFile || r.blob != nil || r.noBlob {
			continue
		}
		field, _ := wrapped(t, uint32(1+i%4), r.domain+r.path)
		var data any = map[string]any{"NS.data": field}
		if i%2 == 0 {
			data = field // as NSData is archived
		}
		r.blob = mbfileWith(t, r.path, r.size, map[string]any{"EncryptionKey": data})
	}
}

// encrypt replaces what was written with its ciphertext.
func (c *crypt) encrypt(t testing.TB, w *world, home string) {
	t.Helper()
	for _, r := range w.rows {
		if r.flags == FlagFile {
			_, key := wrapped(t, 1, r.domain+r.path)
			encryptFile(t, filepath.Join(home, filepath.FromSlash(NewFileID(r.domain, r.path).Body())), key, true)
		}
	}
	if !c.plainList {
		_, key := wrapped(t, 3, "list")
		encryptFile(t, filepath.Join(home, DatabaseFile), key, false)
	}
}

func encryptFile(t testing.TB, path string, key []byte, pad bool) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	if pad {
		n := 16 - len(data)%16
		data = append(data, bytes.Repeat([]byte{byte(n)}, n)...)
	}
	block, err := aes.NewCipher(key)
	must(t, err)
	cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(data, data)
	must(t, os.WriteFile(path, data, 0o600))
}

// wrapKey is the key wrap of RFC 3394, section 2.2.1.
func wrapKey(t testing.TB, kek, key []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(kek)
	must(t, err)
	n := len(key) / 8
	a := bytes.Repeat([]byte{0xa6}, 8)
	r := bytes.Clone(key)
	for j := range 6 {
		for i := range n {
			b := append(bytes.Clone(a), r[8*i:8*i+8]...)
			block.Encrypt(b, b)
			count := uint64(n*j + i + 1)
			for k := range 8 {
				a[k] = b[k] ^ byte(count>>(8*(7-k)))
			}
			copy(r[8*i:], b[8:])
		}
	}
	return append(a, r...)
}
