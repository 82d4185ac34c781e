package backupagent

import (
	"context"
	"net"
	"slices"
	"testing"

	"homeport/simulator/contents"
)

func TestFirstIncrementalFull(t *testing.T) {
	t.Parallel()
	g := newRig(t, contents.Config{Seed: 1, Files: 600, Bytes: 12 << 20})
	st := g.backup()
	g.check()
	if v := g.contents.View(); !st.Full || st.Files != v.Files() || st.Bytes != v.Bytes() {
		t.Errorf("first: %+v", st)
	}
	if g.host.frame != 32<<10 {
		t.Errorf("longest frame %d", g.host.frame)
	}
	if n := g.host.counts["DLMessageCreateDirectory"]; n != 514 {
		t.Errorf("%d directories made", n)
	}
	if want := []string{SheetPresented, SheetDismissed}; !slices.Equal(g.phone.notes, want) {
		t.Errorf("posted %q", g.phone.notes)
	}

	if st = g.backup(); st.Full || st.Files != 0 {
		t.Errorf("nothing changed: %+v", st)
	}
	g.check()

	touched := g.contents.Modify(5) + g.contents.Add(7)
	g.contents.Delete(11)
	if st = g.backup(); st.Full || st.Files > touched || st.Files < 7 {
		t.Errorf("%d changed: %+v", touched, st)
	}
	g.check()

	if st = g.full(); !st.Full || st.Files != g.contents.View().Files() {
		t.Errorf("forced: %+v", st)
	}
	g.check()
}

// Whichever way a phone's state came to a host, the folders are equal.
func TestSameTreeByAnyWay(t *testing.T) {
	t.Parallel()
	runs := func(requests ...map[string]any) *host {
		g := newRig(t, small(2))
		for k, r := range requests {
			if k > 0 {
				g.contents.Modify(20)
				g.contents.Add(3)
				g.contents.Delete(10)
			}
			g.must(r)
			g.check()
		}
		return g.host
	}
	backup, full := request("Backup", nil), request("Backup", map[string]any{"ForceFullBackup": true})
	incremental := runs(backup, backup, backup)
	same(t, runs(backup, backup, backup), incremental)
	forced := runs(full, full, full)
	// A forced backup says so in Status.plist and is else the same.
	delete(forced.dirs[udid], "Status.plist")
	delete(incremental.dirs[udid], "Status.plist")
	same(t, forced, incremental)
}

func TestOtherFolderMeansFull(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(g *rig){
		"body lost": func(g *rig) {
			for dir, files := range g.host.dirs {
				for id := range files {
					if isID(id) {
						delete(g.host.dirs[dir], id)
						return
					}
				}
			}
		},
		"Manifest.db lost":     func(g *rig) { delete(g.host.dirs[udid], "Manifest.db") },
		"Manifest.db garbage":  func(g *rig) { g.host.put(udid+"/Manifest.db", []byte("SQLite format 3\x00 and no more")) },
		"Manifest.plist wrong": func(g *rig) { g.host.put(udid+"/Manifest.plist", []byte("bplist00 and no more")) },
		"another phone's": func(g *rig) {
			other := newRig(t, small(99))
			other.backup()
			g.host = other.host.clone()
		},
		"old version": func(g *rig) {
			st, _, _ := parseStatus(g.host.get(udid + "/Status.plist").data)
			st.Version = "2.4"
			b, _ := st.encode()
			g.host.put(udid+"/Status.plist", b)
		},
		"Status.plist lost": func(g *rig) { delete(g.host.dirs[udid], "Status.plist") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t, small(3))
			g.backup()
			spoil(g)
			if st := g.backup(); !st.Full || st.Files != 300 {
				t.Errorf("%+v", st)
			}
			g.check()
		})
	}
}

// A phone that was restarted knows its backup by the manifest alone.
func TestIncrementalAfterRestart(t *testing.T) {
	t.Parallel()
	g := newRig(t, small(4))
	g.contents.Modify(3)
	g.backup()
	g.agent = New(g.contents, g.phone)
	g.contents.Modify(5)
	if st := g.backup(); st.Full || st.Files != 5 {
		t.Errorf("%+v", st)
	}
	g.check()
}

func TestCorruptFolderEnds(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(h *host){
		"Status.plist garbage":       func(h *host) { h.put(udid+"/Status.plist", []byte("no plist")) },
		"Status.plist without state": func(h *host) { b, _ := status{Version: "3.3"}.encode(); h.put(udid+"/Status.plist", b) },
		"Status.plist from tomorrow": func(h *host) {
			b, _ := status{Version: "4.0", SnapshotState: finished}.encode()
			h.put(udid+"/Status.plist", b)
		},
		"Manifest.plist empty": func(h *host) { h.put(udid+"/Manifest.plist", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t, small(5))
			g.backup()
			spoil(g.host)
			if result, err := g.run(request("Backup", nil), 0); result.code != 205 || err != nil {
				t.Errorf("%v, %v", result, err)
			}
		})
	}
}

func TestEndsAtAnyStage(t *testing.T) {
	t.Parallel()
	g := newRig(t, small(6))
	g.backup()
	g.contents.Modify(9)
	g.phone.stages = nil
	g.backup()
	stages := slices.Clone(g.phone.stages)
	all := []string{
		StageRequest, StageUnlocked, StageScan, StageSpace, StageDirectories, StageUploading, StageBatch,
		StageManifests, StageMoving, StageMoveBatch, StageRemoving, StageFinished, StageVerify, StageEnd,
	}
	if !slices.Equal(stages, all) {
		t.Fatalf("stages %q", stages)
	}
	for _, stage := range all {
		g.contents.Modify(4)
		g.phone.stage = func(name string) *int {
			if name == stage {
				return code(23)
			}
			return nil
		}
		if result, err := g.run(request("Backup", nil), 0); result.code != 23 || err != nil {
			t.Errorf("%s: %v, %v", stage, result, err)
		}
	}
	g.phone.stage = nil
	if st := g.backup(); st.Finished != 3 {
		t.Errorf("%+v", st)
	}
	g.check()
}

func TestHostErrors(t *testing.T) {
	t.Parallel()
	multi := func(code int) map[string]any {
		return map[string]any{
			"a": map[string]any{"DLFileErrorString": "x", "DLFileErrorCode": uint64(1<<64 - 11)},
			"b": map[string]any{"DLFileErrorString": "x", "DLFileErrorCode": int64(code)},
		}
	}
	for _, c := range []struct {
		message string
		n       int
		code    int64
		payload any
		want    int64
	}{
		{"DLMessageUploadFiles", 2, -15, nil, 105},
		{"DLMessageUploadFiles", 2, -13, multi(-15), 105},
		{"DLMessageUploadFiles", 2, -13, multi(-6), 104},
		{"DLMessageUploadFiles", 0, -11, nil, 104},
		{"DLMessageCreateDirectory", 4, -1, nil, 104},
		{"DLMessageMoveItems", 0, -6, nil, 205},
		{"DLMessageMoveItems", 1, -13, map[string]any{}, 104},
		{"DLMessageRemoveItems", 0, -6, nil, 0},
		{"DLMessageRemoveItems", 0, -11, nil, 104},
		{"DLMessageDownloadFiles", 0, -11, nil, 103},
		{"DLContentsOfDirectory", 9, -11, nil, 103},
		{"DLMessageGetFreeDiskSpace", 0, -11, map[string]any{}, 0},
	} {
		g := newRig(t, small(7))
		g.host.answer = func(message string, n int) (int64, any, bool) {
			return c.code, c.payload, message == c.message && n == c.n
		}
		if c.payload == nil {
			c.payload = map[string]any{}
		}
		if result, err := g.run(request("Backup", nil), 0); result.code != c.want || err != nil {
			t.Errorf("%+v: %v, %v", c, result, err)
		}
	}
}

func TestSpaceRule(t *testing.T) {
	t.Parallel()
	need := int64(1<<20 + 128<<20)
	for _, c := range []struct {
		free   []int64
		purged int64 // the host's answer to PurgeDiskSpace
		want   int64
		asked  uint64
	}{
		{free: []int64{need + 1}},
		{free: []int64{need - 10, need + 1}, asked: 10 + 2<<30},
		{free: []int64{need - 10, need}, want: 105, asked: 10 + 2<<30},
		{free: []int64{1}, purged: -1, want: 105, asked: uint64(need-1) + 2<<30},
	} {
		g := newRig(t, small(8))
		asks := 0
		g.host.free = func() int64 { asks++; return c.free[asks-1] }
		g.host.answer = func(message string, n int) (int64, any, bool) {
			return c.purged, map[string]any{}, message == "DLMessagePurgeDiskSpace"
		}
		result, err := g.run(request("Backup", nil), 0)
		if result.code != c.want || err != nil || asks != len(c.free) {
			t.Errorf("%+v: %v, %v, asked %d times", c, result, err, asks)
		}
		if n := g.host.counts["DLMessagePurgeDiskSpace"]; (n == 1) != (c.asked > 0) {
			t.Errorf("%+v: %d purges", c, n)
		}
	}
}

func TestPasscode(t *testing.T) {
	t.Parallel()
	g := newRig(t, small(9))
	g.phone.passcode = func(context.Context) error { return ErrRefused }
	if result, err := g.run(request("Backup", nil), 0); result.code != 208 || err != nil {
		t.Fatalf("%v, %v", result, err)
	}
	if g.host.counts["DLMessageDownloadFiles"] != 0 {
		t.Error("the phone spoke before the passcode")
	}
	// The sheet comes down when the host goes away.
	up := make(chan struct{})
	g.phone.passcode = func(ctx context.Context) error { close(up); <-ctx.Done(); return ctx.Err() }
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- g.agent.Serve(context.Background(), theirs) }()
	go func() { <-up; ours.Close() }()
	if _, err := g.host.talk(ours, request("Backup", nil)); err == nil {
		t.Error("a response came")
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if n := len(g.phone.notes); n != 4 {
		t.Errorf("posted %q", g.phone.notes)
	}
}

func TestOtherRequests(t *testing.T) {
	t.Parallel()
	g := newRig(t, small(10))
	for name, want := range map[string]int64{
		"Info": 205, "List": 205, "Unback": 205, "Extract": 205, "EraseDevice": 22, "Dance": 1,
	} {
		if result, err := g.run(request(name, nil), 0); result.code != want || err != nil {
			t.Errorf("%s: %v, %v", name, result, err)
		}
	}
	wrong := request("Backup", nil)
	wrong["TargetIdentifier"] = "another phone"
	if _, err := g.run(wrong, 0); err == nil {
		t.Error("a backup for another phone was answered")
	}
}
