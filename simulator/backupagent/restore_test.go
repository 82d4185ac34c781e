package backupagent

import (
	"encoding/hex"
	"path"
	"testing"

	"homeport/simulator/contents"
)

func restoreRequest() map[string]any {
	return request("Restore", map[string]any{"RestoreDontCopyBackup": true, "RestoreSystemFiles": true})
}

// backedUp is a phone with a backup on a host, ready to be restored.
func backedUp(t *testing.T) *rig { t.Helper(); return backedUpAs(t, small(20)) }

func backedUpAs(t *testing.T, cfg contents.Config) *rig {
	t.Helper()
	g := newRig(t, cfg)
	g.contents.Modify(10)
	g.backup()
	g.host.put(udid+"/Info.plist", []byte(`<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict/></plist>`))
	return g
}

func body(g *rig, k int) *file {
	v := g.contents.View()
	for _, i := range v.ByID() {
		if row := v.Row(int(i)); row.Kind == contents.File && row.Size > 100 {
			if k--; k < 0 {
				id := hex.EncodeToString(row.ID[:])
				return g.host.get(path.Join(udid, id[:2], id))
			}
		}
	}
	return nil
}

func TestRestore(t *testing.T) {
	t.Parallel()
	g := backedUp(t)
	want := g.contents.View()
	g.contents.Modify(50) // the phone goes on; the backup is of before
	st := g.must(restoreRequest()).Restore
	if !st.Finished || st.Files != want.Files() || st.Bytes != want.Bytes() || st.Mismatched != 0 {
		t.Errorf("%+v", st)
	}
	if g.host.counts["DLMessageCopyItem"] != 0 {
		t.Error("asked for a copy")
	}

	// A new phone, given the contents of the old one.
	other := newRig(t, small(21))
	other.agent.Source = g.contents
	other.host = g.host
	if st := other.must(restoreRequest()).Restore; st.Mismatched != 0 || st.Files != want.Files() {
		t.Errorf("other phone: %+v", st)
	}
	third := newRig(t, small(22))
	third.host = g.host
	if result, err := third.run(restoreRequest(), 0); result.code != 205 || err != nil {
		t.Errorf("another phone's backup: %v, %v", result, err)
	}

	copied := request("Restore", nil)
	g.must(copied)
	if g.host.dirs[udid+"-20261122-101500"] == nil || g.host.get(udid+"-20261122-101500/Info.plist") == nil {
		t.Error("no copy was made")
	}
}

func TestRestoreFindsDamage(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(g *rig) int{
		"bit flipped": func(g *rig) int { body(g, 7).data[50] ^= 1; return 1 },
		"truncated":   func(g *rig) int { f := body(g, 9); f.data = f.data[:60]; return 1 },
		"longer":      func(g *rig) int { f := body(g, 9); f.data = append(f.data, 0); return 1 },
		"swapped": func(g *rig) int {
			a, b := body(g, 3), body(g, 200)
			a.data, b.data = b.data, a.data
			return 2
		},
		"missing": func(g *rig) int {
			for dir, files := range g.host.dirs {
				for id := range files {
					if isID(id) {
						delete(g.host.dirs[dir], id)
						return 1
					}
				}
			}
			return 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := backedUp(t)
			want := spoil(g)
			result, err := g.run(restoreRequest(), 0)
			if st := g.agent.Stats().Restore; result.code != 205 || err != nil || st.Finished || st.Mismatched != want || st.Files != 300 {
				t.Errorf("%v, %v, %+v", result, err, st)
			}
		})
	}
}

func TestRestoreRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(g *rig)
		want  int64
	}{
		"no Status.plist": {func(g *rig) { delete(g.host.dirs[udid], "Status.plist") }, 204},
		"not finished": {func(g *rig) {
			b, _ := status{Version: "3.3", SnapshotState: moving, BackupState: "new"}.encode()
			g.host.put(udid+"/Status.plist", b)
		}, 204},
		"no Manifest.plist":  {func(g *rig) { delete(g.host.dirs[udid], "Manifest.plist") }, 205},
		"no Manifest.db":     {func(g *rig) { delete(g.host.dirs[udid], "Manifest.db") }, 205},
		"Manifest.db broken": {func(g *rig) { f := g.host.get(udid + "/Manifest.db"); f.data = f.data[:5000] }, 205},
		"no Info.plist":      {func(g *rig) { delete(g.host.dirs[udid], "Info.plist") }, 205},
		"older iOS":          {func(g *rig) { g.phone.version = "17.6.1" }, 203},
		"newer iOS":          {func(g *rig) { g.phone.version = "26" }, 0},
		"passcode":           {func(g *rig) { g.phone.stage = func(string) *int { return code(208) } }, 208},
		"phone full": {func(g *rig) {
			g.agent.Source = g.contents
			g.phone.free = 1
			g.agent.contents = contents.New(contents.Config{Files: 1, Bytes: 1})
		}, 106},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := backedUp(t)
			c.spoil(g)
			if result, err := g.run(restoreRequest(), 0); result.code != c.want || err != nil {
				t.Errorf("%v, %v", result, err)
			}
		})
	}
}
