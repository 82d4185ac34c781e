package backupagent

import (
	"testing"

	"homeport/simulator/contents"
)

// restoreWith is a Restore request with a backup password.
func restoreWith(password string) map[string]any {
	m := restoreRequest()
	m["Options"].(map[string]any)["Password"] = password
	return m
}

func TestRestoreEncrypted(t *testing.T) {
	t.Parallel()
	g := backedUpAs(t, locked(50))
	want := g.contents.View()
	for name, r := range map[string]map[string]any{
		"none": restoreRequest(), "empty": restoreWith(""), "wrong": restoreWith(testPassword + " "),
	} {
		result, err := g.run(r, 0)
		if st := g.agent.Stats().Restore; result.code != 207 || err != nil || st.Files != 0 || st.Code != 207 || !st.Encrypted {
			t.Errorf("%s: %v, %v, %+v", name, result, err, st)
		}
	}
	// The password of the backup counts, not the one that the phone has now.
	g.contents.SetPassword("newer")
	g.contents.Modify(30)
	if result, err := g.run(restoreWith("newer"), 0); result.code != 207 || err != nil {
		t.Errorf("newer: %v, %v", result, err)
	}
	st := g.must(restoreWith(testPassword))
	if r := st.Restore; !r.Finished || r.Code != 0 || r.Mismatched != 0 || r.Files != want.Files() || r.Bytes != want.Bytes() {
		t.Errorf("%+v", r)
	}
	if g.contents.View().Bytes() != want.Bytes() || !g.contents.Keybag().Opens("newer") {
		t.Error("the phone does not hold the backup, or took over its password")
	}
	if n := len(st.RestoreRequests); n != 5 || st.RestoreRequests[4]["Options"].(map[string]any)["Password"] != testPassword {
		t.Errorf("%d restore requests: %v", n, st.RestoreRequests)
	}
}

func TestRestoreFindsDamageInEncrypted(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(g *rig) int{
		"bit flipped":       func(g *rig) int { body(g, 7).data[50] ^= 1; return 1 },
		"padding changed":   func(g *rig) int { f := body(g, 7); f.data[len(f.data)-17] ^= 1; return 1 },
		"a block too short": func(g *rig) int { f := body(g, 9); f.data = f.data[:len(f.data)-16]; return 1 },
		"a byte too short":  func(g *rig) int { f := body(g, 9); f.data = f.data[:len(f.data)-1]; return 1 },
		"a block too long":  func(g *rig) int { f := body(g, 9); f.data = append(f.data, make([]byte, 16)...); return 1 },
		"empty":             func(g *rig) int { body(g, 9).data = nil; return 1 },
		"swapped": func(g *rig) int {
			a, b := body(g, 3), body(g, 200)
			a.data, b.data = b.data, a.data
			return 2
		},
		"of an earlier password": func(g *rig) int {
			before := body(g, 11).data
			g.contents.SetPassword(testPassword)
			g.backup()
			body(g, 11).data = before
			return 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := backedUpAs(t, locked(51))
			want := spoil(g)
			result, err := g.run(restoreWith(testPassword), 0)
			if st := g.agent.Stats().Restore; result.code != 205 || err != nil || st.Finished || st.Mismatched != want || st.Files != 300 {
				t.Errorf("%v, %v, %+v", result, err, st)
			}
		})
	}
}

// Everything that a phone refuses, it refuses before it asks for a body.
func TestRestoreRefusesEarly(t *testing.T) {
	t.Parallel()
	conditions := func(c Conditions) func(g *rig) {
		return func(g *rig) { g.agent.Conditions = func() Conditions { return c } }
	}
	bare := func(encrypted bool) func(g *rig) { // a Manifest.plist without keys
		return func(g *rig) {
			var e encoder
			b, err := e.encode(map[string]any{
				"IsEncrypted": encrypted, "Lockdown": map[string]any{"UniqueDeviceID": udid, "ProductVersion": "18.5"},
			})
			if err != nil {
				g.Fatal(err)
			}
			g.host.put(udid+"/Manifest.plist", append([]byte(nil), b...))
		}
	}
	for name, c := range map[string]struct {
		spoil func(g *rig)
		want  int64
	}{
		"policy":             {conditions(Conditions{RestoreForbidden: true}), 22},
		"iCloud restore":     {conditions(Conditions{CloudRestore: true}), 25},
		"Find My":            {conditions(Conditions{FindMy: true}), 211},
		"set-up":             {conditions(Conditions{InSetup: true}), 212},
		"newer iOS":          {func(g *rig) { g.phone.version = "18.4.9" }, 203},
		"phone full":         {func(g *rig) { g.contents.Wipe(); g.phone.free = 1000 }, 106},
		"passcode refused":   {func(g *rig) { g.phone.stage = func(string) *int { return code(208) } }, 208},
		"no key bag":         {bare(true), 205},
		"said to be plain":   {bare(false), 205},
		"Manifest.db torn":   {func(g *rig) { f := g.host.get(udid + "/Manifest.db"); f.data = f.data[:len(f.data)-1] }, 205},
		"Manifest.db other":  {func(g *rig) { f := g.host.get(udid + "/Manifest.db"); clear(f.data[:64]) }, 205},
		"Status.plist other": {func(g *rig) { g.host.put(udid+"/Status.plist", []byte("x")) }, 205},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := backedUpAs(t, locked(52))
			c.spoil(g)
			result, err := g.run(restoreWith(testPassword), 0)
			if st := g.agent.Stats(); result.code != c.want || err != nil || st.Restore.Files != 0 || st.Restore.Code != int(c.want) || len(st.RestoreRequests) != 1 {
				t.Errorf("%v, %v, %+v", result, err, st.Restore)
			}
		})
	}
}

// A wiped phone holds what was restored onto it: its next backup is that, and its
// password is that of the backup.
func TestRestoreAfterWipe(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]contents.Config{"plain": small(53), "encrypted": locked(53)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := backedUpAs(t, cfg)
			want, bytes := entriesOf(g.contents.View()), g.contents.View().Bytes()
			g.contents.Add(20)
			g.contents.Wipe()
			saved := g.host.clone()
			if st := g.backup(); st.Files != 0 || !st.Full || st.Encrypted {
				t.Errorf("backup of the empty phone: %+v", st)
			}
			g.host = saved
			r := g.must(restoreWith(cfg.Password)).Restore
			if r.Files != 300 || r.Bytes != bytes {
				t.Errorf("restored %+v", r)
			}
			if got := entriesOf(g.contents.View()); len(got) != len(want) || !equalEntries(got, want) {
				t.Error("the phone does not hold what was restored")
			}
			if !g.contents.Keybag().Opens(cfg.Password) {
				t.Error("the phone has another password than the backup")
			}
			if st := g.backup(); st.Files != 300 || !st.Full {
				t.Errorf("backup of the restored phone: %+v", st)
			}
			g.check()
			if g.contents.Modify(4); g.backup().Files != 4 {
				t.Errorf("incremental backup after it: %+v", g.agent.Stats())
			}
			g.check()
		})
	}
}

// What is not in the backup goes, unless the host says otherwise.
func TestRestoreKeepsOrRemoves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		option any
		more   int
	}{"absent": {nil, 0}, "remove": {true, 0}, "keep": {false, 9}} {
		g := backedUp(t)
		g.contents.Add(9)
		g.contents.Modify(40)
		r := restoreRequest()
		if c.option != nil {
			r["Options"].(map[string]any)["RemoveItemsNotRestored"] = c.option
		}
		g.must(r)
		if n := g.contents.View().Files(); n != 300+c.more {
			t.Errorf("%s: %d files", name, n)
		}
		if st := g.backup(); st.Full || st.Files != c.more {
			t.Errorf("%s: the next backup: %+v", name, st)
		}
		g.check()
	}
}

// A backup goes onto another phone, which finds its source by the UDID in it.
func TestRestoreOntoAnother(t *testing.T) {
	t.Parallel()
	g := backedUpAs(t, locked(54))
	want := entriesOf(g.contents.View())
	other := newRig(t, small(55))
	other.host = g.host
	other.phone.udid = "00008120-000000000000001E"
	other.agent.Sources = func(id string) *contents.Contents {
		if id != udid {
			t.Errorf("asked for %q", id)
			return nil
		}
		return g.contents
	}
	r := restoreWith(testPassword)
	r["TargetIdentifier"] = other.phone.udid
	if st := other.must(r).Restore; st.Files != 300 || st.Mismatched != 0 {
		t.Errorf("%+v", st)
	}
	if got := entriesOf(other.contents.View()); !equalEntries(got, want) || !other.contents.Keybag().Opens(testPassword) {
		t.Error("the other phone does not hold what was restored")
	}
}
