package backupagent

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"
	"testing"

	"homeport/simulator/contents"
)

const testPassword = "Pa55 wörd"

// locked is small with a backup password.
func locked(seed uint64) contents.Config {
	cfg := small(seed)
	cfg.Password, cfg.Rounds = testPassword, 10
	return cfg
}

// reader answers how bodies on the host are read: as they are, or decrypted with
// what Manifest.plist and Manifest.db say and the password that the phone has now.
func (g *rig) reader() func(*file) []byte {
	g.Helper()
	facts, err := parseFacts(g.host.get(udid + "/Manifest.plist").data)
	if err != nil {
		g.Fatal(err)
	}
	if facts.IsEncrypted != g.contents.Keybag().Encrypts() {
		g.Fatalf("IsEncrypted is %v", facts.IsEncrypted)
	}
	if !facts.IsEncrypted {
		return func(f *file) []byte { return f.data }
	}
	if !g.contents.Keybag().Opens(testPassword) {
		g.Fatal("the test does not know the password")
	}
	keys, err := contents.Unlock(facts.BackupKeyBag, testPassword)
	if err != nil {
		g.Fatal(err)
	}
	opened := func(data, field []byte) []byte {
		var plain bytes.Buffer
		o, err := keys.Open(&plain, field)
		if err != nil {
			g.Fatal(err)
		}
		o.Write(data)
		return plain.Bytes()
	}
	db := filepath.Join(g.TempDir(), "plain.db")
	if err := os.WriteFile(db, opened(g.host.get(udid+"/Manifest.db").data, facts.ManifestKey), 0o600); err != nil {
		g.Fatal(err)
	}
	m, err := readManifest(db, opening{keys: keys, mine: g.contents.Keybag()})
	if err != nil {
		g.Fatal(err)
	}
	fields := map[*file][]byte{}
	for k, e := range m.entries {
		id := hex.EncodeToString(e.id[:])
		fields[g.host.get(path.Join(udid, id[:2], id))] = m.keys[k]
	}
	return func(f *file) []byte {
		plain := opened(f.data, fields[f])
		return plain[:max(0, len(plain)-int(plain[len(plain)-1]))]
	}
}

func TestEncryptedBackups(t *testing.T) {
	t.Parallel()
	g := newRig(t, locked(30))
	st := g.backup()
	g.check()
	var size int64
	for _, e := range entriesOf(g.contents.View()) {
		size += contents.SealedSize(e.size)
	}
	if !st.Full || !st.Encrypted || st.Files != 300 || st.Bytes != size || g.host.bodies != size {
		t.Errorf("first: %+v, want %d bytes", st, size)
	}
	g.contents.Modify(5)
	if st = g.backup(); st.Full || st.Files != 5 {
		t.Errorf("incremental: %+v", st)
	}
	g.check()
	// A phone that was restarted decrypts the manifest on the host.
	g.agent = New(g.contents, g.phone)
	g.contents.Add(4)
	g.contents.Delete(3)
	if st = g.backup(); st.Full || st.Files != 4 {
		t.Errorf("after a restart: %+v", st)
	}
	g.check()
}

// Whatever happened to the password or to what tells of it makes the next backup a
// full one.
func TestOtherKeysMeanFull(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(g *rig){
		"removed":          func(g *rig) { g.contents.SetPassword("") },
		"changed":          func(g *rig) { g.contents.SetPassword("another"); g.contents.SetPassword(testPassword) },
		"set to the same":  func(g *rig) { g.contents.SetPassword(testPassword) },
		"Manifest.db torn": func(g *rig) { f := g.host.get(udid + "/Manifest.db"); f.data = f.data[:len(f.data)-7] },
		"Manifest.db other": func(g *rig) {
			f := g.host.get(udid + "/Manifest.db")
			f.data = bytes.Repeat([]byte{7}, len(f.data))
		},
		"Manifest.db not encrypted": func(g *rig) {
			plain := newRig(g, small(31))
			plain.backup()
			g.host.put(udid+"/Manifest.db", plain.host.get(udid+"/Manifest.db").data)
		},
		"wiped": func(g *rig) {
			v := g.contents.View()
			g.contents.Wipe()
			g.contents.Restore(v, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for restarted := range 2 {
				g := newRig(t, locked(31))
				g.backup()
				spoil(g)
				if restarted == 1 {
					g.agent = New(g.contents, g.phone)
				}
				if st := g.backup(); !st.Full || st.Files != 300 {
					t.Errorf("%+v", st)
				}
				g.check()
			}
		})
	}
	t.Run("set", func(t *testing.T) {
		t.Parallel()
		g := newRig(t, small(32))
		g.backup()
		g.contents.SetPassword(testPassword)
		if st := g.backup(); !st.Full || !st.Encrypted {
			t.Errorf("%+v", st)
		}
		g.check()
	})
}

// Cut anywhere and gone on with, an encrypted run leaves what a whole one leaves.
func TestEncryptedResume(t *testing.T) {
	t.Parallel()
	prepare := func(g *rig) {
		g.backup()
		g.contents.Modify(150)
		g.contents.Delete(40)
	}
	total, want := length(newRig(t, locked(33)), prepare)
	step := total / 9
	if testing.Short() {
		step = total/3 + 1
	}
	for at := int64(1); at < total; at += step {
		g := newRig(t, locked(33))
		prepare(g)
		finishedBefore := g.agent.Stats().Finished
		if _, err := g.run(request("Backup", nil), at); !isCut(err) {
			t.Fatalf("cut at %d of %d: %v", at, total, err)
		}
		if g.agent.Stats().Finished == finishedBefore {
			g.backup()
		}
		same(t, g.host, want)
		g.check()
	}
}

// A run that was cut is not gone on with under another password, nor by another
// reading of the folder when the phone was restarted too.
func TestPasswordBetweenCutAndResume(t *testing.T) {
	t.Parallel()
	prepare := func(g *rig) {
		g.backup()
		g.contents.Modify(200)
	}
	total, _ := length(newRig(t, locked(34)), prepare)
	step := total / 5
	if testing.Short() {
		step = total
	}
	for at := total / 10; at < total; at += step {
		for _, restarted := range []bool{false, true} {
			for _, password := range []string{testPassword, ""} {
				g := newRig(t, locked(34))
				prepare(g)
				g.run(request("Backup", nil), at)
				g.contents.SetPassword(password)
				if restarted {
					g.agent = New(g.contents, g.phone)
				}
				if st := g.backup(); !st.Full || st.Kept != 0 {
					t.Errorf("cut at %d: %+v", at, st)
				}
				g.check()
			}
		}
	}
}

// A restarted phone goes on with an encrypted run whose manifest was whole.
func TestEncryptedRecall(t *testing.T) {
	t.Parallel()
	g := newRig(t, locked(35))
	g.phone.stage = func(name string) *int {
		if name == StageRemoving {
			return code(1)
		}
		return nil
	}
	if result, err := g.run(request("Backup", nil), 0); result.code != 1 || err != nil {
		t.Fatal(result, err)
	}
	g.phone.stage = nil
	g.agent = New(g.contents, g.phone)
	if st := g.backup(); st.Files != 0 || st.Kept != 300 {
		t.Errorf("%+v", st)
	}
	g.check()
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	change := func(fields ...string) map[string]any {
		m := request("ChangePassword", nil)
		for k := 0; k < len(fields); k += 2 {
			m[fields[k]+"Password"] = fields[k+1]
		}
		return m
	}
	forbidden := func(g *rig) { g.agent.Conditions = func() Conditions { return Conditions{RequiresEncryption: true} } }
	refuse := func(g *rig) { g.phone.passcode = func(context.Context) error { return ErrRefused } }
	old := func(g *rig) { g.phone.version = "12.5.7" }
	for name, c := range map[string]struct {
		has     string
		request map[string]any
		phone   func(*rig)
		want    int64
		leaves  string
		quiet   bool // no passcode sheet
	}{
		"set":                  {request: change("New", "a"), leaves: "a"},
		"change":               {has: "a", request: change("Old", "a", "New", "b"), leaves: "b"},
		"remove":               {has: "a", request: change("Old", "a")},
		"set over":             {has: "a", request: change("New", "b"), want: 207, leaves: "a"},
		"wrong, change":        {has: "a", request: change("Old", "x", "New", "b"), want: 207, leaves: "a"},
		"wrong, remove":        {has: "a", request: change("Old", "x"), want: 207, leaves: "a"},
		"old where none is":    {request: change("Old", "x", "New", "b"), want: 207},
		"nothing":              {request: change(), want: 207},
		"nothing, with one":    {has: "a", request: change(), want: 207, leaves: "a"},
		"refused":              {has: "a", request: change("Old", "a"), phone: refuse, want: 208, leaves: "a"},
		"policy, remove":       {has: "a", request: change("Old", "a"), phone: forbidden, want: 22, leaves: "a", quiet: true},
		"policy, change":       {has: "a", request: change("Old", "a", "New", "b"), phone: forbidden, leaves: "b"},
		"policy, set":          {request: change("New", "b"), phone: forbidden, leaves: "b"},
		"no sheet before 13":   {request: change("New", "b"), phone: old, leaves: "b", quiet: true},
		"long, every alphabet": {request: change("New", "密码 пароль 🔑"), leaves: "密码 пароль 🔑"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := small(40)
			cfg.Password, cfg.Rounds = c.has, 10
			g := newRig(t, cfg)
			if c.phone != nil {
				c.phone(g)
			}
			var told []bool
			g.agent.PasswordChanged = func(set bool) { told = append(told, set) }
			if result, err := g.run(c.request, 0); result.code != c.want || err != nil {
				t.Errorf("%v, %v", result, err)
			}
			changes := 0
			if c.want == 0 {
				changes = 1
			}
			bag, st := g.contents.Keybag(), g.agent.Stats()
			if !bag.Opens(c.leaves) || st.PasswordRequests != 1 || st.PasswordChanges != changes || bag.Number() != changes {
				t.Errorf("number %d, %+v", bag.Number(), st)
			}
			if len(told) != changes || changes == 1 && told[0] != (c.leaves != "") {
				t.Errorf("the phone was told %v", told)
			}
			if sheet := len(g.phone.notes) == 2; sheet == c.quiet {
				t.Errorf("posted %q", g.phone.notes)
			}
		})
	}
}

// What keeps a phone from backing up at all.
func TestBackupConditions(t *testing.T) {
	t.Parallel()
	for want, conditions := range map[int64]Conditions{
		212: {InSetup: true}, 25: {CloudRestore: true}, 207: {RequiresEncryption: true}, 0: {FindMy: true, RestoreForbidden: true},
	} {
		g := newRig(t, small(41))
		g.agent.Conditions = func() Conditions { return conditions }
		if result, err := g.run(request("Backup", nil), 0); result.code != want || err != nil {
			t.Errorf("%+v: %v, %v", conditions, result, err)
		}
	}
	g := newRig(t, locked(41))
	g.agent.Conditions = func() Conditions { return Conditions{RequiresEncryption: true} }
	g.backup()
}
