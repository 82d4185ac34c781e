package mobilebackup2

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"homeport/backup"
	"homeport/cause"
)

const good = "a good body"

// damages are ways in which a sealed body can be another one when it is asked
// for; p is its place.
var damages = map[string]func(p string) error{
	"bit flipped":   func(p string) error { return os.WriteFile(p, []byte("A good body"), 0o600) },
	"truncated":     func(p string) error { return os.Truncate(p, 5) },
	"emptied":       func(p string) error { return os.Truncate(p, 0) },
	"grown":         func(p string) error { return os.WriteFile(p, []byte(good+"!"), 0o600) },
	"missing":       os.Remove,
	"a folder":      func(p string) error { return replace(p, func() error { return os.Mkdir(p, 0o700) }) },
	"a link":        func(p string) error { return replace(p, func() error { return os.Symlink("/etc/passwd", p) }) },
	"a link inside": func(p string) error { return replace(p, func() error { return os.Symlink("same", p) }) },
}

func replace(p string, with func() error) error {
	if err := os.Remove(p); err != nil {
		return err
	}
	return with()
}

// TestRestoreSendsNoDamage: a body that is not what was sealed comes to the phone
// as an error, none after it comes at all, and the restore has failed whatever the
// phone says.
func TestRestoreSendsNoDamage(t *testing.T) {
	t.Parallel()
	for name, spoil := range damages {
		for _, code := range []int{0, 103} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := version(t, map[string]string{"aa/first": "first", "aa/body": good, "aa/same": good, "aa/last": "last"})
				_, err := scriptedRestore(t, dir, func() {
					if err := spoil(filepath.Join(dir, testUDID, "aa", "body")); err != nil {
						t.Error(err)
					}
				}, func(d *device) {
					got, a := d.download(testUDID+"/aa/first", testUDID+"/aa/body", testUDID+"/aa/last")
					want := map[string]string{testUDID + "/aa/first": "first", testUDID + "/aa/body": "!Input/output error", testUDID + "/aa/last": "!Input/output error"}
					if !maps.Equal(got, want) || a.code != codeIO {
						d.t.Errorf("got %q, %+v", got, a)
					}
					if got, a := d.download(testUDID + "/aa/same"); a.code != codeIO || got[testUDID+"/aa/same"] != "!Input/output error" {
						d.t.Errorf("after that: %q, %+v", got, a)
					}
					d.end(code)
				})
				if id, _ := cause.Of(err); id != cause.VersionDamaged {
					t.Errorf("err = %v", err)
				}
			})
		}
	}
}

// TestRestoreDamageInALargeBody: what was sent before the damage was found is
// ended as an error, so that the phone drops it.
func TestRestoreDamageInALargeBody(t *testing.T) {
	t.Parallel()
	dir := version(t, map[string]string{"aa/big": strings.Repeat("x", 3<<20)})
	_, err := scriptedRestore(t, dir, func() {
		f, err := os.OpenFile(filepath.Join(dir, testUDID, "aa", "big"), os.O_RDWR, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte{'y'}, 100); err != nil {
			t.Error(err)
		}
	}, func(d *device) {
		got, a := d.download(testUDID + "/aa/big")
		if !strings.HasPrefix(got[testUDID+"/aa/big"], "!") || a.code != codeIO {
			d.t.Errorf("%.20q, %+v", got[testUDID+"/aa/big"], a)
		}
		d.end(103)
	})
	if id, _ := cause.Of(err); id != cause.VersionDamaged {
		t.Errorf("err = %v", err)
	}
}

// TestRestoreDamagedInfo: the phone is asked for nothing when the file that the
// host itself reads is damaged.
func TestRestoreDamagedInfo(t *testing.T) {
	t.Parallel()
	dir := version(t, map[string]string{"Info.plist": "sealed"})
	job := restoreJob(t, dir, scriptedRaw(t, func(d *device) {
		d.handshake(400)
		if m := d.receive(); m[0] != "DLMessageDisconnect" {
			d.t.Errorf("got %v", m)
		}
	}))
	if err := os.WriteFile(filepath.Join(dir, testUDID, "Info.plist"), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	phases := []backup.Phase{}
	_, err := New(testOptions()).Restore(t.Context(), job, func(p backup.Progress) { phases = append(phases, p.Phase) })
	if id, _ := cause.Of(err); id != cause.VersionDamaged || slices.Contains(phases, backup.PhaseWaiting) {
		t.Errorf("%v, phases %v", err, phases)
	}
}

// TestRestoreLengths sends bodies around the size of a frame and of a write.
func TestRestoreLengths(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	var paths []string
	for _, n := range []int{0, 1, frameData - 1, frameData, frameData + 1, outBuffer, 8 * frameData, 9 * frameData} {
		name := "aa/" + strings.Repeat("n", len(files)+1)
		files[name] = strings.Repeat("b", n)
		paths = append(paths, testUDID+"/"+name)
	}
	r, err := scriptedRestore(t, version(t, files), nil, func(d *device) {
		got, a := d.download(paths...)
		for name, want := range files {
			if got[testUDID+"/"+name] != want {
				d.t.Errorf("%d bytes came as %d", len(want), len(got[testUDID+"/"+name]))
			}
		}
		if a.code != 0 {
			d.t.Errorf("%+v", a)
		}
		d.end(0)
	})
	if err != nil || r.Files != len(files) {
		t.Errorf("%+v, %v", r, err)
	}
}

const canaryText = "k4n4ry of the host"

// amongOthers is a version between things that are not the phone's; top is the
// folder of all of it.
func amongOthers(t testing.TB) (top, dir string) {
	t.Helper()
	top = t.TempDir()
	dir = filepath.Join(top, "v")
	for name, content := range map[string]string{
		"secret": canaryText, "v/SHA256SUMS": canaryText, "v/version.json": canaryText, "v/OTHER/Info.plist": canaryText,
		"v/" + testUDID + "/aa/f": good, "v/" + testUDID + "/Manifest.db": "db",
	} {
		p := filepath.Join(top, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return top, dir
}

// TestRestoreGivesNothingElse: a hostile phone asks for what is not its backup, and
// gets none of it.
func TestRestoreGivesNothingElse(t *testing.T) {
	t.Parallel()
	top, dir := amongOthers(t)
	home := filepath.Join(dir, testUDID)
	asks := []string{
		"../secret", testUDID + "/../../secret", filepath.Join(top, "secret"), "/etc/passwd", "OTHER/Info.plist",
		"version.json", "SHA256SUMS", testUDID + "/planted", testUDID + "/link", testUDID + "/fifo", testUDID + "/aa", testUDID,
	}
	_, err := scriptedRestore(t, dir, func() { plant(t, home, top) }, func(d *device) {
		for _, path := range asks {
			got, a := d.download(path)
			if !strings.HasPrefix(got[path], "!") || a.code == 0 || strings.Contains(got[path], canaryText) {
				d.t.Errorf("%q gave %q, %+v", path, got[path], a)
			}
		}
		if a := d.ask("DLContentsOfDirectory", testUDID); !listed(a, "aa", "Manifest.db") {
			d.t.Errorf("listing: %+v", a)
		}
		for _, path := range []string{"..", "OTHER"} {
			if a := d.ask("DLContentsOfDirectory", path); a.code == 0 {
				d.t.Errorf("%q was listed: %+v", path, a)
			}
		}
		if got, _ := d.download(testUDID + "/aa/f"); got[testUDID+"/aa/f"] != good {
			d.t.Errorf("a good file is gone: %q", got)
		}
		d.end(0)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestRestoreWritesNothing: whatever a phone sends or asks to change, the version
// is what it was.
func TestRestoreWritesNothing(t *testing.T) {
	t.Parallel()
	top, dir := amongOthers(t)
	before := hashTree(t, top)
	_, err := scriptedRestore(t, dir, nil, func(d *device) {
		for name, a := range map[string]answer{
			"upload": d.upload(file{testUDID + "/aa/f", "evil"}, file{testUDID + "/Manifest.db", ""}, file{"../secret", "evil"}),
			"remove": d.ask("DLMessageRemoveItems", []string{testUDID + "/aa/f", testUDID}, map[string]any{}, 1.0),
			"move":   d.ask("DLMessageMoveItems", map[string]any{testUDID + "/aa/f": testUDID + "/aa/g"}, map[string]any{}, 1.0),
			"mkdir":  d.ask("DLMessageCreateDirectory", testUDID+"/bb"),
			"copy":   d.ask("DLMessageCopyItem", testUDID, testUDID+"-20261122-101500"),
			"space":  d.ask("DLMessageGetFreeDiskSpace"),
			"purge":  d.ask("DLMessagePurgeDiskSpace", uint64(1)<<40, 4),
		} {
			if a.code != codeFailed {
				d.t.Errorf("%s: %+v", name, a)
			}
		}
		d.end(0)
	})
	if err != nil {
		t.Error(err)
	}
	same(t, top, before)
}

// plant puts into a sealed folder what somebody else might.
func plant(t testing.TB, home, top string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(home, "planted"), []byte(canaryText), 0o600); err != nil {
		t.Error(err)
	}
	if err := os.Symlink(filepath.Join(top, "secret"), filepath.Join(home, "link")); err != nil {
		t.Error(err)
	}
	makeFIFO(t, filepath.Join(home, "fifo"))
}

func listed(a answer, want ...string) bool {
	dict, _ := a.payload.(map[string]any)
	return a.code == 0 && slices.Equal(slices.Sorted(maps.Keys(dict)), slices.Sorted(slices.Values(want)))
}

// TestRestoreEndsHostility: a phone that goes on and on ends the restore.
func TestRestoreEndsHostility(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(d *device){
		"paths":  func(d *device) { d.download("../../etc/passwd") },
		"writes": func(d *device) { d.ask("DLMessageRemoveItems", []string{testUDID}, map[string]any{}, 1.0) },
	} {
		_, err := scriptedRestore(t, version(t, map[string]string{"aa/f": good}), nil, func(d *device) {
			for range 2 * maxHostile {
				ask(d)
			}
			d.t.Errorf("%s: still served", name)
		})
		if id, _ := cause.Of(err); id != cause.DeviceHostile {
			t.Errorf("%s: %v", name, err)
		}
	}
}
