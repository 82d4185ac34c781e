package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homeport/backup/store"
	"homeport/backup/tree"
	"homeport/cause"
	"homeport/preflight"
	"homeport/simulator"
)

// mirror has the stage's destination on a drive of that size that cannot share files,
// and the settings ask for a mirror.
func (s *stage) mirror(size int64) {
	s.Helper()
	s.dest = filepath.Join(exFATOf(s.T, size), "backups")
	s.made()
	s.env = append(s.env, "HOMEPORT_MIRROR=true", "HOMEPORT_RESERVE=1MiB")
}

// smallPhone is one with hardly anything on it.
func smallPhone(p *simulator.PhoneSpec) {
	p.Disk = simulator.Disk{Total: 64 << 30, Available: 64<<30 - 40<<20}
}

// fillUp leaves so much on the drive of the destination.
func (s *stage) fillUp(leave int64) {
	s.Helper()
	d, err := tree.OS{}.OpenDir(s.dest)
	if err != nil {
		s.Fatal(err)
	}
	defer d.Close()
	free, err := d.Free()
	if err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.dest), "filler"), make([]byte, free-leave), 0o600); err != nil {
		s.Fatal(err)
	}
}

// onDisk counts the files of the store and their bytes.
func (s *stage) onDisk() (files int, bytes int64) {
	s.Helper()
	err := filepath.WalkDir(filepath.Join(s.dest, ".homeport"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			files++
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return files, bytes
}

// kept lists what the store has.
func (s *stage) kept() []store.Version {
	s.Helper()
	g := s.homeport("versions", "list", "--dest", s.dest)
	var list struct {
		Versions []store.Version `json:"versions"`
	}
	if err := json.NewDecoder(strings.NewReader(g.output)).Decode(&list); err != nil {
		s.Fatalf("%v: %s", err, g.output)
	}
	return list.Versions
}

// On a real drive that cannot share files a mirror takes the room of one version and
// of what changed, whatever engine is installed; what is there is whole.
func TestMirrorOnExFAT(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("in short mode a race detector would look at finished programs only")
	}
	s := newStage(t, smallPhone)
	s.mirror(256 << 20)
	s.backup()
	files, bytes := s.onDisk()
	first := s.kept()[0].Bytes
	for run := range 3 {
		before := s.kept()
		s.phone.Modify(3)
		s.phone.Add(1)
		s.phone.Delete(1)
		s.backup()
		now := s.kept()
		if len(now) != 1 || !now[0].Mirror || !now[0].Sound() || now[0].ID == before[0].ID || now[0].Engine != "native" {
			t.Fatalf("run %d: %+v", run, now)
		}
		if v := now[0]; v.NewBytes == 0 || v.NewBytes > v.Bytes/2 {
			t.Errorf("run %d: %d bytes of %d are new", run, v.NewBytes, v.Bytes)
		}
		if g := s.homeport("versions", "verify", "--level", "full", "--dest", s.dest); g.exit != 0 {
			t.Errorf("run %d: verify: %s", run, g.output)
		}
		f, b := s.onDisk()
		t.Logf("run %d: %d files of %d bytes in the version, %d of %d on the drive", run, now[0].Files, now[0].Bytes, f, b)
		if f-files > now[0].Files-before[0].Files+1 || b-bytes > now[0].Bytes-first+first/10 {
			t.Errorf("run %d: %d files of %d bytes, more than one version", run, f, b)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(s.dest, ".homeport", "*", "*", "*", "*", ".hp-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What a copy of the earlier version costs is told beforehand, and that a mirror does
// without it; a mirror then fits.
func TestCopyIsToldBeforehand(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("in short mode a race detector would look at finished programs only")
	}
	s := newStage(t, func(p *simulator.PhoneSpec) {
		smallPhone(p)
		p.Bytes = 4_000_000
	})
	s.mirror(256 << 20)
	asked := s.env
	s.env = append([]string{"HOMEPORT_MIRROR=false"}, asked[1:]...)
	s.backup()
	s.fillUp(128<<20 + 1<<20 + 2<<20) // half of a copy short
	g := s.doctor()
	if g.causes[cause.HostDiskFull] != preflight.Fail || !strings.Contains(g.output, "for a copy of the earlier version") || !strings.Contains(g.output, "mirror: true") {
		t.Errorf("told %v: %s", g.causes, g.output)
	}
	if !strings.Contains(g.output, "3 kept versions of 4 MB take about 12 MB; 3") {
		t.Errorf("what versions take is not told: %s", g.output)
	}
	s.env = asked
	g = s.doctor()
	if g.causes[cause.HostDiskFull] != "" || !strings.Contains(g.output, "one version is kept, and the next takes its place") {
		t.Errorf("with a mirror, told %v: %s", g.causes, g.output)
	}
	s.backup()
	if list := s.kept(); len(list) != 1 || !list[0].Mirror {
		t.Errorf("kept %+v", list)
	}
}
