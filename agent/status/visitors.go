package status

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

const (
	keyAge       = 10 * time.Minute // from homeport open to the browser
	visitAge     = 30 * 24 * time.Hour
	mostKeys     = 8
	mostVisitors = 16
)

// visitor is who may come back. Only the hash of their secret is kept: the file tells
// nobody how to come in.
type visitor struct {
	Hash    string    `json:"hash"` // SHA-256, in hex
	Expires time.Time `json:"expires"`
}

// visitors are those who may see the page: whoever has a key may once, and gets a secret
// with which to come back. Both are random, 128 bits or more.
type visitors struct {
	mu      sync.Mutex
	keys    []visitor
	all     []visitor
	changed func([]visitor) // nil: nobody remembers
}

func newVisitors(known []visitor) *visitors {
	return &visitors{all: known[:min(len(known), mostVisitors)]}
}

// secret is 130 bits of chance in letters and digits.
func secret() string { return rand.Text() }

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// invite makes a key.
func (v *visitors) invite(now time.Time) (key string, expires time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key, expires = secret(), now.Add(keyAge)
	v.keys = newest(append(v.keys, visitor{hashOf(key), expires}), mostKeys, now)
	return key, expires
}

// enter takes a key, which is used up by it, and gives the secret of a new visitor.
func (v *visitors) enter(key string, now time.Time) (cookie string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := find(v.keys, key, now)
	if i < 0 {
		return "", false
	}
	v.keys = slices.Delete(v.keys, i, i+1)
	cookie = secret()
	v.all = newest(append(v.all, visitor{hashOf(cookie), now.Add(visitAge)}), mostVisitors, now)
	v.tell()
	return cookie, true
}

// known reports whether a secret is a visitor's.
func (v *visitors) known(cookie string, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return find(v.all, cookie, now) >= 0
}

// tellChanged hands the visitors to who remembers them.
func (v *visitors) tellChanged() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tell()
}

func (v *visitors) tell() {
	if v.changed != nil {
		v.changed(slices.Clone(v.all))
	}
}

// find looks for a secret in a time that does not tell how near it comes.
func find(list []visitor, secret string, now time.Time) int {
	hash, found := []byte(hashOf(secret)), -1
	for i, one := range list {
		if subtle.ConstantTimeCompare(hash, []byte(one.Hash)) == 1 && now.Before(one.Expires) {
			found = i
		}
	}
	return found
}

// newest keeps the last n that still hold.
func newest(list []visitor, n int, now time.Time) []visitor {
	list = slices.DeleteFunc(list, func(v visitor) bool { return !now.Before(v.Expires) })
	return slices.Clone(list[max(0, len(list)-n):])
}
