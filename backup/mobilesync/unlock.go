package mobilesync

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"homeport/cause"
)

// ErrPassword is wrapped when a password does not open the key bag.
var ErrPassword = errors.New("wrong backup password")

// Keys are the class keys of one key bag. They open every backup with that bag,
// so that several versions cost one derivation. Keys may be used by several
// goroutines at once. They are secrets: nothing prints them.
type Keys struct {
	uuid    string
	bag     []byte // the bag that they came from
	classes [classLimit][]byte
}

// KeyBagUUID names the key bag, as Manifest.KeyBagUUID does.
func (k *Keys) KeyBagUUID() string { return k.uuid }

// String says nothing about the keys.
func (k *Keys) String() string { return "keys of bag " + k.uuid }

// GoString says nothing about the keys.
func (k *Keys) GoString() string { return k.String() }

// Unlock turns the password into keys and opens the folder with them; see
// UnlockWith. It takes some seconds with the rounds that phones use. progress, if
// not nil, is told how many rounds of how many are done; ctx ends it.
//
// The cause of an error is backup-password-unknown when the password is wrong; a
// key bag that is damaged, or a list that its key does not open, is a *FileError.
// A folder that is not encrypted needs no password: it gives nil keys and no
// error.
func (f *Folder) Unlock(ctx context.Context, password string, progress func(done, total int)) (*Keys, error) {
	m, err := f.Manifest()
	if err != nil {
		return nil, err
	}
	if !m.IsEncrypted {
		return nil, nil
	}
	bag, err := parseKeyBag(m.BackupKeyBag)
	if err != nil {
		return nil, &FileError{Name: ManifestFile, Kind: Unreadable, Err: err}
	}
	k := &Keys{uuid: bag.uuid, bag: bytes.Clone(m.BackupKeyBag)}
	kek, err := bag.key(ctx, password, progress)
	if err != nil {
		return nil, err
	}
	opened := 0
	for class, c := range bag.classes {
		if c.wrapped == nil {
			continue
		}
		if key, ok := unwrapKey(kek, c.wrapped); ok {
			k.classes[class] = key
			opened++
		}
	}
	clear(kek)
	if opened == 0 {
		return nil, cause.New(cause.BackupPasswordUnknown, nil, fmt.Errorf("unlock the backup: %w", ErrPassword))
	}
	return k, f.open(m, k)
}

// UnlockWith opens the folder with the keys of another one: from then on Rows,
// Lookup, Check and Contents read it as they read a plain one. Keys of another
// key bag give the cause backup-password-unknown.
func (f *Folder) UnlockWith(k *Keys) error {
	m, err := f.Manifest()
	if err != nil {
		return err
	}
	if !m.IsEncrypted {
		return nil
	}
	if !bytes.Equal(m.BackupKeyBag, k.bag) {
		return cause.New(cause.BackupPasswordUnknown, nil, fmt.Errorf("unlock the backup: %w: it has another key bag", ErrPassword))
	}
	return f.open(m, k)
}

// unlocked is an open folder's secret: the class keys and the key of its list.
type unlocked struct {
	keys *Keys
	list cipher.Block // nil when the list is plain, as before iOS 10.2
}

// open proves that the keys fit the list, and keeps them.
func (f *Folder) open(m Manifest, k *Keys) error {
	encrypted, err := f.EncryptedDatabase()
	if err != nil {
		return err
	}
	u := &unlocked{keys: k}
	if encrypted {
		key, err := k.file(m.ManifestKey)
		if err != nil {
			return &FileError{Name: ManifestFile, Kind: Unreadable, Err: fmt.Errorf("read ManifestKey: %w", err)}
		}
		if u.list, err = aes.NewCipher(key); err != nil {
			return &FileError{Name: ManifestFile, Kind: Unreadable, Err: err}
		}
		if err := f.proveList(u.list); err != nil {
			return &FileError{Name: DatabaseFile, Kind: Unreadable, Err: err}
		}
	}
	f.unlocked.Store(u)
	return nil
}

// proveList decrypts the first block of the list, which every SQLite file begins
// with.
func (f *Folder) proveList(block cipher.Block) error {
	file, err := f.root.Open(DatabaseFile)
	if err != nil {
		return err
	}
	defer file.Close()
	var head [aes.BlockSize]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return err
	}
	block.Decrypt(head[:], head[:]) // the IV is zero
	if string(head[:]) != sqliteHeader {
		return errors.New("its key does not open it")
	}
	return nil
}

// Unlocked says whether an encrypted folder was opened with its keys.
func (f *Folder) Unlocked() bool { return f.unlocked.Load() != nil }

// file unwraps the key of one file: 4 bytes with the number of the class,
// little-endian, then the wrapped key.
func (k *Keys) file(wrapped []byte) ([]byte, error) {
	if len(wrapped) != 4+wrappedLen {
		return nil, fmt.Errorf("unwrap file key: %d bytes, not %d", len(wrapped), 4+wrappedLen)
	}
	class := binary.LittleEndian.Uint32(wrapped)
	if class >= classLimit || k.classes[class] == nil {
		return nil, fmt.Errorf("unwrap file key: no key of class %d", class)
	}
	key, ok := unwrapKey(k.classes[class], wrapped[4:])
	if !ok {
		return nil, fmt.Errorf("unwrap file key: not one of class %d", class)
	}
	return key, nil
}
