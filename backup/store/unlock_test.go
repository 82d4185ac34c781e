package store

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"homeport/backup"
	"homeport/backup/mobilesync"
	"homeport/backup/tree"
	simulated "homeport/simulator/contents"
)

// encryptedVersion publishes what a simulated phone holds now, encrypted.
func encryptedVersion(t testing.TB, s *Store, phone *simulated.Contents, leaveOut int) Version {
	t.Helper()
	st := begin(t, s, udidA)
	tr, err := tree.Open(st.Dir())
	must(t, err)
	defer tr.Close()
	bag, view := phone.Keybag(), phone.View()
	for _, name := range []string{"", "/00"} {
		if err := tr.MkdirAll(rel(t, udidA+name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range view.ByID() {
		row := view.Row(int(i))
		if row.Kind != simulated.File {
			continue
		}
		if leaveOut > 0 && row.Size > 0 {
			leaveOut--
			continue
		}
		r, err := bag.Seal(view, int(i))
		must(t, err)
		data, err := io.ReadAll(r)
		must(t, err)
		body := mobilesync.FileID(row.ID).Body()
		must(t, tr.MkdirAll(rel(t, udidA+"/"+body[:2])))
		put(t, st, tr, udidA+"/"+body, data, false)
	}
	plain := manifests(t, udidA, nil, script{})
	for name, data := range map[string][]byte{
		mobilesync.InfoFile: plain[mobilesync.InfoFile], mobilesync.StatusFile: plain[mobilesync.StatusFile],
		mobilesync.ManifestFile: manifestPlist(t, phone, bag), mobilesync.DatabaseFile: sealedList(t, view, bag),
	} {
		put(t, st, tr, udidA+"/"+name, data, false)
	}
	v, err := st.Publish(t.Context(), backup.Result{Proof: backup.ProofReceived, Engine: "native", Encrypted: true})
	must(t, err)
	return v
}

func manifestPlist(t testing.TB, phone *simulated.Contents, bag *simulated.Keybag) []byte {
	t.Helper()
	data, err := phone.ManifestPlist(bag, 1, map[string]any{"UniqueDeviceID": udidA})
	must(t, err)
	return data
}

func sealedList(t testing.TB, view *simulated.View, bag *simulated.Keybag) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "list"))
	must(t, err)
	defer f.Close()
	_, err = view.WriteManifest(f, bag)
	must(t, err)
	_, err = f.Seek(0, io.SeekStart)
	must(t, err)
	r, err := bag.SealManifest(f)
	must(t, err)
	data, err := io.ReadAll(r)
	must(t, err)
	return data
}

func keysOf(t testing.TB, v Version, password string) *mobilesync.Keys {
	t.Helper()
	f, err := v.Folder()
	must(t, err)
	defer f.Close()
	k, err := f.Unlock(t.Context(), password, nil)
	must(t, err)
	return k
}

func find(t testing.TB, s *Store, id VersionID) Version {
	t.Helper()
	v, err := s.Find(t.Context(), id)
	must(t, err)
	return v
}

// bodyOf is the path of the largest body of a version.
func bodyOf(t testing.TB, v Version) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(v.Path, v.UDID, "??", "????????????????????????????????????????"))
	must(t, err)
	best, size := "", int64(0)
	for _, name := range found {
		if info, err := os.Stat(name); err == nil && info.Size() > size {
			best, size = name, info.Size()
		}
	}
	return best
}

func TestVerifyUnlocked(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	phone := simulated.New(simulated.Config{Seed: 3, Files: 60, Bytes: 1 << 20, Password: "p"})
	v := encryptedVersion(t, s, phone, 0)
	if v.Proof != backup.ProofReceived || v.KeyBag == "" {
		t.Fatalf("version %+v", v)
	}
	if _, err := s.Verify(t.Context(), v, Unlock, nil); !errors.Is(err, mobilesync.ErrEncrypted) {
		t.Errorf("without keys: %v", err)
	}
	k := keysOf(t, v, "p")
	var last, of int64
	r, err := s.VerifyUnlocked(t.Context(), v, k, func(done, total int64) { last, of = done, total })
	must(t, err)
	if !r.OK || r.Files != v.Files || last != of || last < v.Bytes {
		t.Errorf("report %+v, progress %d of %d", r, last, of)
	}
	got := find(t, s, v.ID)
	if got.Proof != backup.ProofUnlocked || got.Opened == nil || got.PasswordNumber != 1 || got.KeyBag != k.KeyBagUUID() {
		t.Errorf("version %+v", got)
	}
	// A lesser check afterwards does not take the proof away.
	verify(t, s, v, Full)
	if got := find(t, s, v.ID); got.Proof != backup.ProofUnlocked {
		t.Errorf("proof %s", got.Proof)
	}
}

// TestVerifyUnlockedFindsDamage damages the end of a body: the file is told by its
// name on the phone, and a full check that came before does not clear it.
func TestVerifyUnlockedFindsDamage(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	phone := simulated.New(simulated.Config{Seed: 3, Files: 60, Bytes: 1 << 20, Password: "p"})
	v := encryptedVersion(t, s, phone, 0)
	k := keysOf(t, v, "p")
	body := bodyOf(t, v)
	data, err := os.ReadFile(body)
	must(t, err)
	data[len(data)-1] ^= 1
	must(t, os.WriteFile(body, data, 0o600))
	r, err := s.VerifyUnlocked(t.Context(), v, k, nil)
	must(t, err)
	if r.OK || len(r.Damage) != 1 || r.Damage[0].Domain == "" || filepath.Base(r.Damage[0].Path) != filepath.Base(body) {
		t.Fatalf("report %+v", r)
	}
	if got := find(t, s, v.ID); got.Sound() || got.Opened == nil {
		t.Errorf("version %+v", got)
	}
	data[len(data)-1] ^= 1
	must(t, os.WriteFile(body, data, 0o600))
	if verify(t, s, v, Full); find(t, s, v.ID).Sound() {
		t.Error("a full check cleared what only decrypting can see")
	}
	if _, err := s.VerifyUnlocked(t.Context(), v, k, nil); err != nil || !find(t, s, v.ID).Sound() {
		t.Errorf("the damage stays: %v", err)
	}
}

// TestVerifyUnlockedOdd does not call damage what was so when the version was made
// and nobody could see without the password.
func TestVerifyUnlockedOdd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files, leftOut int
		ok             bool
	}{
		"one of few":  {60, 1, false},
		"one of many": {1100, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, Options{})
			phone := simulated.New(simulated.Config{Seed: 3, Files: c.files, Bytes: 1 << 20, Password: "p"})
			v := encryptedVersion(t, s, phone, c.leftOut)
			r, err := s.VerifyUnlocked(t.Context(), v, keysOf(t, v, "p"), nil)
			must(t, err)
			if r.OK != c.ok || len(r.Odd)+len(r.Damage) != c.leftOut {
				t.Errorf("report %+v", r)
			}
		})
	}
}

// TestPasswordGenerations tells which versions open with the same password, also
// those whose record does not say.
func TestPasswordGenerations(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	phone := simulated.New(simulated.Config{Seed: 3, Files: 20, Bytes: 1 << 16, Password: "old"})
	one := encryptedVersion(t, s, phone, 0)
	two := encryptedVersion(t, s, phone, 0)
	phone.SetPassword("new")
	three := encryptedVersion(t, s, phone, 0)
	forgetKeyBag(t, filepath.Join(one.Path, recordName))
	list, err := s.Versions(t.Context(), udidA)
	must(t, err)
	if len(list) != 3 || list[0].PasswordNumber != 2 || list[1].PasswordNumber != 1 || list[2].PasswordNumber != 1 {
		t.Fatalf("versions %+v", list)
	}
	if list[2].KeyBag != two.KeyBag || two.KeyBag == three.KeyBag {
		t.Errorf("key bags %s, %s, %s", list[2].KeyBag, two.KeyBag, three.KeyBag)
	}
	if _, err := s.VerifyUnlocked(t.Context(), three, keysOf(t, one, "old"), nil); !errors.Is(err, mobilesync.ErrPassword) {
		t.Errorf("the old keys open the new version: %v", err)
	}
	if r, err := s.VerifyUnlocked(t.Context(), two, keysOf(t, one, "old"), nil); err != nil || !r.OK {
		t.Errorf("%+v, %v", r, err)
	}
}

// forgetKeyBag makes a record as it was before records had key bags.
func forgetKeyBag(t testing.TB, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	var m map[string]any
	must(t, json.Unmarshal(data, &m))
	delete(m, "keyBag")
	data, err = json.Marshal(m)
	must(t, err)
	must(t, os.WriteFile(path, data, 0o600))
}

func TestPin(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{})
	v := backUp(t, s, udidA, numbered(3, "a"))
	backUp(t, s, udidA, numbered(3, "b"))
	must(t, s.Pin(v, "asked"))
	must(t, s.MarkOpened(v))
	if got := find(t, s, v.ID); !got.Pinned || got.Opened == nil {
		t.Errorf("version %+v", got)
	}
	if gone, err := s.Prune(t.Context(), udidA, Policy{Last: 1}); err != nil || len(removed(gone)) != 0 {
		t.Errorf("pruned %v, %v", gone, err)
	}
	must(t, s.Unpin(v))
	if gone, err := s.Prune(t.Context(), udidA, Policy{Last: 1}); err != nil || len(removed(gone)) != 1 {
		t.Errorf("pruned %v, %v", gone, err)
	}
	if err := s.Pin(v, "asked"); err == nil {
		t.Error("a version that is gone is pinned")
	}
}
