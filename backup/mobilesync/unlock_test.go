package mobilesync

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/cause"
)

// encrypted builds an encrypted world and opens it, still locked.
func encrypted(t testing.TB, files int) (*world, *Folder) {
	t.Helper()
	w := newWorld(files)
	w.crypt = newCrypt("pässword")
	return w, open(t, w.build(t))
}

func unlock(t testing.TB, f *Folder, password string) *Keys {
	t.Helper()
	k, err := f.Unlock(context.Background(), password, nil)
	must(t, err)
	return k
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	w, f := encrypted(t, 300)
	if err := f.Rows(t.Context(), func(Row) error { return nil }); !errors.Is(err, ErrEncrypted) {
		t.Errorf("rows of a locked folder: %v", err)
	}
	k := unlock(t, f, "pässword")
	if want := hex.EncodeToString(secret("bag of pässword", 16)); k.KeyBagUUID() != want {
		t.Errorf("key bag %s, want %s", k.KeyBagUUID(), want)
	}
	n := 0
	must(t, f.Rows(t.Context(), func(r Row) error {
		want := w.rows[n]
		n++
		if r.Domain != want.domain || r.RelativePath != want.path || r.FileErr != nil {
			return fmt.Errorf("row %+v, want %+v", r, want)
		}
		if !r.HasBody() {
			return nil
		}
		body, err := f.Contents(r)
		if err != nil {
			return err
		}
		defer body.Close()
		got, err := io.ReadAll(body)
		if err == nil && !bytes.Equal(got, contentsOf(NewFileID(r.Domain, r.RelativePath), want.size)) {
			err = fmt.Errorf("%s: other contents", r.RelativePath)
		}
		return err
	}))
	if n != len(w.rows) {
		t.Errorf("%d rows", n)
	}
	r, err := f.Check(t.Context(), testUDID, Options{})
	if err != nil || !r.OK() || !r.Encrypted || r.Files != 300 {
		t.Errorf("check: %+v, %v", r, err)
	}
	r, err = f.CheckContents(t.Context(), 0, nil)
	if err != nil || !r.OK() || r.Files != 300 {
		t.Errorf("contents: %+v, %v", r, err)
	}
	id := NewFileID("HomeDomain", "Library")
	names, err := f.Lookup(t.Context(), []FileID{id})
	if err != nil || names[id].RelativePath != "Library" {
		t.Errorf("lookup: %v, %v", names, err)
	}
	if s := fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(s, "class") {
		t.Errorf("keys are printed: %s", s)
	}
}

// TestUnlockWith opens a second version without the password.
func TestUnlockWith(t *testing.T) {
	t.Parallel()
	_, one := encrypted(t, 3)
	_, two := encrypted(t, 5)
	w := newWorld(1)
	w.crypt = newCrypt("another")
	other := open(t, w.build(t))
	plain := open(t, newWorld(1).build(t))
	k := unlock(t, one, "pässword")
	must(t, two.UnlockWith(k))
	if r, err := two.CheckContents(t.Context(), 0, nil); err != nil || r.Files != 5 {
		t.Errorf("%+v, %v", r, err)
	}
	if id, _ := cause.Of(other.UnlockWith(k)); id != cause.BackupPasswordUnknown || other.Unlocked() {
		t.Errorf("another key bag: %s", id)
	}
	if err := plain.UnlockWith(k); err != nil {
		t.Errorf("plain: %v", err)
	}
	if k, err := plain.Unlock(t.Context(), "", nil); err != nil || k != nil {
		t.Errorf("plain: %v, %v", k, err)
	}
}

func TestUnlockKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*crypt{
		"before iOS 10.2":  {password: "p", second: 100},
		"many rounds":      {password: "p", first: tellEvery + 17, second: 3},
		"one round":        {password: "p", first: 1, second: 1},
		"empty password":   {password: "", first: 10, second: 10},
		"long password":    {password: strings.Repeat("x", 500), first: 10, second: 10},
		"list not wrapped": {password: "p", first: 10, second: 10, plainList: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(20)
			w.crypt = c
			f := open(t, w.build(t))
			_, err := f.Unlock(t.Context(), c.password+"?", nil)
			if id, _ := cause.Of(err); id != cause.BackupPasswordUnknown || !errors.Is(err, ErrPassword) || f.Unlocked() {
				t.Errorf("wrong password: %v", err)
			}
			unlock(t, f, c.password)
			if r, err := f.CheckContents(t.Context(), 0, nil); err != nil || !r.OK() || r.Files != 20 {
				t.Errorf("%+v, %v", r, err)
			}
			if r, err := f.Check(t.Context(), testUDID, Options{}); err != nil || !r.OK() {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// TestUnlockProgress is told each step up to the end, and stops when it is told to.
func TestUnlockProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(0)
	w.crypt = &crypt{password: "p", first: 2*tellEvery + 3, second: 10}
	f := open(t, w.build(t))
	last, total := 0, 0
	_, err := f.Unlock(t.Context(), "p", func(done, of int) {
		if done < last {
			t.Errorf("back from %d to %d", last, done)
		}
		last, total = done, of
	})
	must(t, err)
	if last != total || total != w.crypt.first+2*w.crypt.second {
		t.Errorf("%d of %d", last, total)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	if _, err := f.Unlock(ctx, "p", func(int, int) { cancel(stop) }); !errors.Is(err, stop) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestDerive holds the own PBKDF2 against the library's.
func TestDerive(t *testing.T) {
	t.Parallel()
	for _, h := range []func() hash.Hash{sha1.New, sha256.New} {
		for _, rounds := range []int{1, 2, 3, 1000, tellEvery + 1} {
			for _, password := range []string{"", "p", strings.Repeat("long", 50)} {
				if rounds > tellEvery && password != "p" {
					continue
				}
				d := derivation{ctx: t.Context()}
				got, err := d.pbkdf2(h, []byte(password), []byte("salt"), rounds)
				must(t, err)
				want, err := pbkdf2.Key(h, password, []byte("salt"), rounds, keyLen)
				must(t, err)
				if !bytes.Equal(got, want) {
					t.Errorf("%d bytes, %d rounds: %x, want %x", h().Size(), rounds, got, want)
				}
			}
		}
	}
}

// TestUnwrapKey uses the vectors of RFC 3394, section 4.
func TestUnwrapKey(t *testing.T) {
	t.Parallel()
	const key128 = "00112233445566778899AABBCCDDEEFF"
	const key192 = key128 + "0001020304050607"
	const key256 = key128 + "000102030405060708090A0B0C0D0E0F"
	for _, v := range []struct{ kek, key, wrapped string }{
		{"000102030405060708090A0B0C0D0E0F", key128, "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
		{"000102030405060708090A0B0C0D0E0F1011121314151617", key128, "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", key128, "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"},
		{"000102030405060708090A0B0C0D0E0F1011121314151617", key192, "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", key192, "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", key256, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
	} {
		kek, key, wrapped := unhexed(t, v.kek), unhexed(t, v.key), unhexed(t, v.wrapped)
		got, ok := unwrapKey(kek, wrapped)
		if !ok || !bytes.Equal(got, key) {
			t.Errorf("%s: %x, %v", v.wrapped, got, ok)
		}
		for i := range wrapped {
			bad := bytes.Clone(wrapped)
			bad[i] ^= 1
			if _, ok := unwrapKey(kek, bad); ok {
				t.Errorf("%s: byte %d does not matter", v.wrapped, i)
			}
		}
	}
	for _, n := range []int{0, 7, 8, 16, 23, 39, 41} {
		if _, ok := unwrapKey(make([]byte, 32), make([]byte, n)); ok {
			t.Errorf("%d bytes unwrap", n)
		}
	}
}

func unhexed(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}

func TestKeyBagRefuses(t *testing.T) {
	t.Parallel()
	good := newCrypt("p").keyBag(t)
	if _, err := parseKeyBag(good); err != nil {
		t.Fatal(err)
	}
	replace := func(tag string, n uint32) []byte {
		at := bytes.Index(good, []byte(tag))
		return append(tlvInt(bytes.Clone(good[:at]), tag, n), good[at+12:]...)
	}
	without := func(tag string) []byte {
		at := bytes.Index(good, []byte(tag))
		n := int(good[at+7])
		return append(bytes.Clone(good[:at]), good[at+8+n:]...)
	}
	for name, bag := range map[string][]byte{
		"nothing":            nil,
		"text":               []byte("VERS"),
		"length beyond":      append(bytes.Clone(good), "ABCD\xff\xff\xff\xff"...),
		"cut":                good[:len(good)-1],
		"too long":           tlv(bytes.Clone(good), "JUNK", make([]byte, maxKeyBag)),
		"absurd first":       replace("DPIC", 4_000_000_000),
		"absurd second":      replace("ITER", maxRounds+1),
		"no rounds at all":   replace("ITER", 0),
		"class out of range": replace("CLAS", 32),
		"class negative":     replace("CLAS", 0xffffffff),
		"class twice":        replace("CLAS", 2),
		"no salt":            without("SALT"),
		"no first salt":      without("DPSL"),
		"no rounds":          without("ITER"),
		"no classes":         good[:bytes.Index(good, []byte("CLAS"))],
		"short uuid":         tlv(nil, "UUID", make([]byte, 15)),
		"number of 3 bytes":  append(tlv(nil, "ITER", make([]byte, 3)), good...),
		"salt of a megabyte": tlv(nil, "SALT", make([]byte, maxSalt+1)),
		"short key":          tlv(tlvInt(tlvInt(tlv(bytes.Clone(good), "UUID", make([]byte, 16)), "CLAS", 12), "WRAP", 3), "WPKY", make([]byte, 39)),
	} {
		if _, err := parseKeyBag(bag); !errors.Is(err, ErrKeyBag) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnlockDamaged tells damage of the folder from a wrong password.
func TestUnlockDamaged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, w *world)
		after func(t *testing.T, home string)
		file  string
	}{
		"bag unreadable":     {spoil: func(_ *testing.T, w *world) { w.manifest["BackupKeyBag"] = []byte("VERS") }, file: ManifestFile},
		"manifest key short": {spoil: func(_ *testing.T, w *world) { w.manifest["ManifestKey"] = []byte{1, 2, 3} }, file: ManifestFile},
		"manifest key gone":  {spoil: func(_ *testing.T, w *world) { delete(w.manifest, "ManifestKey") }, file: ManifestFile},
		"manifest key of no class": {spoil: func(_ *testing.T, w *world) {
			key := bytes.Clone(w.manifest["ManifestKey"].([]byte))
			key[3] = 0xff
			w.manifest["ManifestKey"] = key
		}, file: ManifestFile},
		"manifest key of a locked class": {spoil: func(_ *testing.T, w *world) {
			key := bytes.Clone(w.manifest["ManifestKey"].([]byte))
			key[0] = 11
			w.manifest["ManifestKey"] = key
		}, file: ManifestFile},
		"key of another list": {spoil: func(t *testing.T, w *world) { w.manifest["ManifestKey"], _ = wrapped(t, 3, "other") }, file: DatabaseFile},
		"list cut to nothing": {after: func(t *testing.T, home string) {
			must(t, os.Truncate(filepath.Join(home, DatabaseFile), 7))
		}, file: DatabaseFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(3)
			w.crypt = newCrypt("p")
			w.spoil = c.spoil
			dir := w.build(t)
			if c.after != nil {
				c.after(t, filepath.Join(dir, testUDID))
			}
			f := open(t, dir)
			_, err := f.Unlock(t.Context(), "p", nil)
			fe, ok := errors.AsType[*FileError](err)
			if !ok || fe.Name != c.file || fe.Kind != Unreadable || f.Unlocked() {
				t.Errorf("error %v", err)
			}
			if id, known := cause.Of(err); known {
				t.Errorf("told as %s", id)
			}
		})
	}
}

// TestListCutAtBlocks reads encrypted lists that were cut: an error and no panic.
func TestListCutAtBlocks(t *testing.T) {
	t.Parallel()
	w, f := encrypted(t, 400)
	_ = w
	path := filepath.Join(f.Path(), DatabaseFile)
	info, err := os.Stat(path)
	must(t, err)
	unlock(t, f, "pässword")
	for _, n := range []int64{info.Size() - 1, info.Size() / 2, 4096, 512, 16} {
		must(t, os.Truncate(path, n))
		if err := f.Rows(t.Context(), func(Row) error { return nil }); err == nil {
			t.Errorf("%d of %d bytes are read to an end", n, info.Size())
		}
	}
}

func FuzzKeyBag(f *testing.F) {
	f.Add(newCrypt("p").keyBag(f))
	f.Add([]byte("UUID\x00\x00\x00\x10"))
	f.Fuzz(func(t *testing.T, data []byte) {
		bag, err := parseKeyBag(data)
		if err != nil && !errors.Is(err, ErrKeyBag) {
			t.Errorf("error %v", err)
		}
		if err == nil && (bag.rounds < 1 || bag.rounds > maxRounds || len(bag.uuid) != 32) {
			t.Errorf("bag %+v", bag)
		}
	})
}

// BenchmarkDerive shows the rounds of the own PBKDF2 beside the library's.
func BenchmarkDerive(b *testing.B) {
	const rounds = 200_000
	salt := []byte("12345678901234567890")
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			d := derivation{ctx: b.Context()}
			_, err := d.pbkdf2(sha256.New, []byte("password"), salt, rounds)
			must(b, err)
		}
		b.ReportMetric(rounds*float64(b.N)/b.Elapsed().Seconds(), "rounds/s")
	})
	b.Run("library", func(b *testing.B) {
		for b.Loop() {
			_, err := pbkdf2.Key(sha256.New, "password", salt, rounds, keyLen)
			must(b, err)
		}
		b.ReportMetric(rounds*float64(b.N)/b.Elapsed().Seconds(), "rounds/s")
	})
}
