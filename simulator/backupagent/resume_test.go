package backupagent

import (
	"testing"

	"homeport/simulator/contents"
)

// length is how many bytes a whole run sends to the host.
func length(g *rig, prepare func(*rig)) (n int64, whole *host) {
	g.Helper()
	prepare(g)
	const far = 1 << 50
	cut := &cutConn{left: far}
	if _, err := g.runCounted(request("Backup", nil), cut); err != nil {
		g.Fatal(err)
	}
	return far - cut.left, g.host
}

// A run that was cut anywhere and then gone on with leaves what an uninterrupted
// one leaves.
func TestResume(t *testing.T) {
	t.Parallel()
	first := func(*rig) {}
	second := func(g *rig) {
		g.backup()
		g.contents.Modify(150)
		g.contents.Add(30)
		g.contents.Delete(40)
	}
	for name, prepare := range map[string]func(*rig){"first": first, "incremental": second} {
		for torn, kind := range map[bool]string{false: "whole bodies", true: "torn bodies"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				total, want := length(newRig(t, small(11)), prepare)
				step := total / 23
				if testing.Short() {
					step = total / 7
				}
				for at := int64(1); at < total; at += step {
					g := newRig(t, small(11))
					prepare(g)
					finishedBefore := g.agent.Stats().Finished
					g.host.torn = torn
					if _, err := g.run(request("Backup", nil), at); !isCut(err) {
						t.Fatalf("cut at %d of %d: %v", at, total, err)
					}
					if g.agent.Stats().Finished == finishedBefore {
						g.backup() // else the phone had said so, and only the host did not hear it
					}
					g.check()
					same(t, g.host, want)
				}
			})
		}
	}
}

// What is sent again after a cut at 90 %.
func TestResumeSendsLittleAgain(t *testing.T) {
	t.Parallel()
	cfg := contents.Config{Seed: 12, Files: 3000, Bytes: 30 << 20, Profile: contents.Small}
	total, _ := length(newRig(t, cfg), func(*rig) {})
	g := newRig(t, cfg)
	if _, err := g.run(request("Backup", nil), total*9/10); !isCut(err) {
		t.Fatal(err)
	}
	got := g.host.bodies
	st := g.backup()
	g.check()
	if again := got + st.Bytes - g.contents.View().Bytes(); again > g.contents.View().Bytes()*15/100 {
		t.Errorf("%d bytes sent again", again)
	}
	if st.Kept == 0 || st.Kept+st.Files != g.contents.View().Files() {
		t.Errorf("%+v", st)
	}
}

// The phone may change, be restarted, or be asked for a full backup before it
// goes on; whatever it then takes over is what it has now.
func TestResumeAfterChanges(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(g *rig) map[string]any{
		"modified": func(g *rig) map[string]any {
			g.contents.Modify(80)
			g.contents.Delete(30)
			g.contents.Add(5)
			return request("Backup", nil)
		},
		"restarted": func(g *rig) map[string]any {
			g.agent = New(g.contents, g.phone)
			return request("Backup", nil)
		},
		"restarted and modified": func(g *rig) map[string]any {
			g.agent = New(g.contents, g.phone)
			g.contents.Modify(80)
			g.contents.Delete(30)
			return request("Backup", nil)
		},
		"forced": func(g *rig) map[string]any {
			return request("Backup", map[string]any{"ForceFullBackup": true})
		},
		"cut again": func(g *rig) map[string]any {
			g.contents.Modify(80)
			g.run(request("Backup", nil), 300_000)
			g.contents.Modify(40)
			return request("Backup", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prepare := func(g *rig) {
				g.backup()
				g.contents.Modify(200)
				g.contents.Delete(20)
			}
			total, _ := length(newRig(t, small(13)), prepare)
			for at := int64(2000); at < total; at += total / 9 {
				g := newRig(t, small(13))
				prepare(g)
				g.run(request("Backup", nil), at)
				g.must(between(g))
				g.check()
			}
		})
	}
}
