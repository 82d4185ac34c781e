package contents

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
)

// The vectors of RFC 3394, sections 4.3 and 4.6.
func TestKeyWrapVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kek, key, wrapped string }{
		{
			"000102030405060708090A0B0C0D0E0F1011121314151617 18191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF",
			"64E8C3F9CE0F5BA2 63E9777905818A2A 93C8191E7D6E8AE7",
		},
		{
			"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
			"00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
			"28C9F404C4B810F4 CBCCB35CFB87F826 3F5786E2D80ED326 CBC7F0E71A99F43B FB988B9B7A02DD21",
		},
	} {
		kek, err := newCipher(unhex(t, c.kek))
		if err != nil {
			t.Fatal(err)
		}
		wrapped := appendWrapped(nil, kek, unhex(t, c.key))
		if !bytes.Equal(wrapped, unhex(t, c.wrapped)) {
			t.Errorf("wrapped as %x", wrapped)
		}
		if key, err := unwrap(kek, wrapped); err != nil || !bytes.Equal(key, unhex(t, c.key)) {
			t.Errorf("unwrapped as %x, %v", key, err)
		}
		for k := range wrapped {
			wrapped[k] ^= 0x10
			if key, err := unwrap(kek, wrapped); !errors.Is(err, errUnwrap) {
				t.Errorf("byte %d changed: %x, %v", k, key, err)
			}
			wrapped[k] ^= 0x10
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(s), []byte(" "), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bagBytes is the BackupKeyBag of now.
func bagBytes(t *testing.T, c *Contents) []byte {
	t.Helper()
	b, err := c.Keybag().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 1, Files: 50, Password: "pässword 1", Rounds: 10})
	keys, err := Unlock(bagBytes(t, c), "pässword 1")
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Unwrap(c.Keybag().ManifestKey())
	if err != nil || !bytes.Equal(key, c.Keybag().manifestKey()) {
		t.Errorf("manifest key: %x, %v", key, err)
	}
	for _, wrong := range []string{"", "pässword 2", "pässword 1 "} {
		if _, err := Unlock(bagBytes(t, c), wrong); !errors.Is(err, ErrPassword) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	plain := New(Config{Seed: 1, Files: 50})
	if _, err := Unlock(bagBytes(t, plain), ""); err != nil {
		t.Errorf("the bag of a phone without a password: %v", err)
	}
}

func TestUnlockRefuses(t *testing.T) {
	t.Parallel()
	good := bagBytes(t, New(Config{Files: 1, Password: "pw", Rounds: 10}))
	replace := func(tag string, value ...byte) []byte {
		b := slices.Clone(good)
		at := bytes.Index(b, []byte(tag))
		copy(b[at+8:], value)
		return b
	}
	for name, bag := range map[string][]byte{
		"empty": nil, "cut in a header": good[:len(good)-43], "cut in a value": good[:len(good)-1], "header only": good[:200],
		"no rounds": replace("DPIC", 0, 0, 0, 0), "years of rounds": replace("ITER", 0xff, 0xff, 0xff, 0xff), "garbage": bytes.Repeat([]byte{0xff}, 400),
	} {
		if _, err := Unlock(bag, "pw"); err == nil || errors.Is(err, ErrPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzUnlock(f *testing.F) {
	bag, err := New(Config{Files: 1, Password: "pw", Rounds: 1}).Keybag().Bytes()
	if err != nil {
		f.Fatal(err)
	}
	copy(bag[bytes.Index(bag, []byte("ITER"))+8:], []byte{0, 0, 0, 1}) // opens with no password, and quickly
	f.Add(bag)
	f.Fuzz(func(t *testing.T, bag []byte) {
		if b, err := parseBag(bag); err == nil && b.rounds < 100 && b.firstRounds < 100 {
			keys, err := Unlock(bag, "pw")
			if err == nil {
				_, _ = keys.Unwrap(bag[:min(len(bag), 4+wrappedSize)])
			}
		}
	})
}

// Every change of the password gives new keys and bodies, even back to an old one;
// the same history gives the same.
func TestPasswordHistory(t *testing.T) {
	t.Parallel()
	cfg := Config{Seed: 4, Files: 60, Password: "one", Rounds: 10}
	history := []string{"two", "one", "", "one"}
	seen := map[string]string{}
	a, b := New(cfg), New(cfg)
	for n := range len(history) + 1 {
		if n > 0 {
			a.SetPassword(history[n-1])
			b.SetPassword(history[n-1])
		}
		bag := a.Keybag()
		facts := string(bagBytes(t, a)) + string(bag.ManifestKey()) + string(bag.appendFileKey(nil, a.View(), 30))
		if before, ok := seen[facts]; ok {
			t.Errorf("change %d gives the keys of %s", n, before)
		}
		seen[facts] = bag.password
		if !bytes.Equal(bagBytes(t, a), bagBytes(t, b)) {
			t.Errorf("change %d: two phones differ", n)
		}
		if n > 0 && (bag.Encrypts() != (history[n-1] != "") || !bag.Opens(history[n-1]) || bag.Opens("other") || bag.Number() != n) {
			t.Errorf("change %d: %+v", n, bag)
		}
	}
}

func TestFileKeys(t *testing.T) {
	t.Parallel()
	c := New(Config{Seed: 5, Files: 400, Password: "pw"})
	keys := map[[keySize]byte]bool{}
	classes := map[uint32]int{}
	before := c.View()
	c.Modify(100)
	for _, v := range []*View{before, c.View()} {
		for i := range v.Len() {
			if v.kind(i) == File {
				keys[c.Keybag().fileKey(v, i)] = true
				classes[c.Keybag().class(v, i)]++
			}
		}
	}
	if len(keys) != 500 {
		t.Errorf("%d keys for 400 files and 100 changes", len(keys))
	}
	for class := uint32(1); class <= 4; class++ {
		if classes[class] < 100 {
			t.Errorf("classes %v", classes)
		}
	}
	if len(classes) != 4 {
		t.Errorf("classes %v", classes)
	}
}
