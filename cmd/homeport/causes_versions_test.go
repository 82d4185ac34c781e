package main

import (
	"os"
	"path/filepath"
	"strings"

	"homeport/cause"
	"homeport/simulator"
)

// versionSituations are what is wrong with versions that are there, or with what
// a new one brought.
var versionSituations = []situation{
	onPhone(cause.VersionDamaged, "a bit flips", nil, func(s *stage) heard {
		s.backup()
		s.flip("versions/*/" + stageUDID + "/??/*")
		s.homeport("versions", "verify", "--level", "full", "--dest", s.dest)
		return s.doctor()
	}),
	onPhone(cause.VersionNotesLost, "marks.json is torn", nil, func(s *stage) heard {
		s.backup()
		if g := s.homeport("versions", "pin", stageUDID, "--dest", s.dest); g.exit != 0 {
			s.Fatal(g.output)
		}
		s.write("marks.json", "{\"pinned")
		return s.homeport("backup", "--dest", s.dest)
	}),
	onPhone(cause.ManifestMismatch, "a file that the phone never listed", nil, func(s *stage) heard {
		s.backup("--full")
		held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100_000})[0]
		done := make(chan heard)
		go func() { done <- s.homeport("backup", "--full", "--dest", s.dest) }()
		<-held.Done()
		const name = "ab/ab00000000000000000000000000000000000000"
		folder := s.find("staging/*/" + stageUDID)[0]
		if err := os.MkdirAll(filepath.Join(folder, "ab"), 0o700); err != nil {
			s.Error(err)
		}
		s.overwrite(filepath.Join(folder, filepath.FromSlash(name)), []byte("stray"))
		held.Cancel()
		return <-done
	}),
	onPhone(cause.BackupShrank, "most of the files are gone", nil, func(s *stage) heard {
		s.backup()
		s.phone.Delete(35)
		return s.homeport("backup", "--dest", s.dest)
	}),
	onPhone(cause.MirrorRefused, "most of the files are gone, and a mirror's drive is full", func(p *simulator.PhoneSpec) {
		smallPhone(p)
		p.Files, p.Bytes = 1000, 8_000_000
	}, func(s *stage) heard {
		s.mirror(256 << 20)
		s.backup()
		s.phone.Delete(600)
		s.phone.Modify(20)
		held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 1_500_000})[0]
		done := make(chan heard)
		go func() { done <- s.homeport("backup", "--dest", s.dest) }()
		<-held.Done()
		s.fillUp(1<<20 + 2<<20)
		held.Cancel()
		return <-done
	}),
	onPhone(cause.StoreTooNew, "FORMAT of a later release", nil, func(s *stage) heard {
		s.backup()
		if err := os.WriteFile(filepath.Join(s.dest, ".homeport", "FORMAT"), []byte("homeport store 9\nid 6f1f2f0e-0000-4000-8000-000000000000\n"), 0o600); err != nil {
			s.Fatal(err)
		}
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.LeaseLost, "another computer takes over", nil, func(s *stage) heard {
		held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100_000})[0]
		done := make(chan heard)
		go func() { done <- s.homeport("backup", "--dest", s.dest) }()
		<-held.Done()
		// As it does: the stage is taken away, then the lease.
		home := filepath.Dir(filepath.Dir(s.find("staging/*")[0]))
		s.moved(s.find("staging/*")[0], filepath.Join(home, "trash", "taken"))
		s.moved(filepath.Join(home, "lease.json"), filepath.Join(home, "lease.taken"))
		s.overwrite(filepath.Join(home, "lease.json"), []byte(`{"format":1,"token":"00000000-0000-4000-8000-00000000000b","host":"b","computer":"Bens-PC","start":"2026-11-22T10:00:00Z"}`))
		held.Cancel()
		g := s.exits(cause.ExitBusy, <-done)
		if !strings.Contains(g.output, "another computer (Bens-PC) has taken over these backups") {
			s.Error(g.output)
		}
		if list, _ := filepath.Glob(filepath.Join(home, "versions", "*")); len(list) != 0 {
			s.Errorf("published: %v", list)
		}
		return g
	}),
	onPhone(cause.PreviousBackupCorrupt, "Status.plist is empty", nil, func(s *stage) heard {
		s.backup()
		s.write("versions/*/"+stageUDID+"/Status.plist", "")
		return s.doctor()
	}),
	onPhone(cause.PreviousBackupOtherDevice, "Info.plist is another phone's", nil, func(s *stage) heard {
		s.backup()
		s.write("versions/*/"+stageUDID+"/Info.plist", `<plist version="1.0"><dict><key>Target Identifier</key><string>00008130-000B2C3D4E5F6071</string>`+
			`<key>Unique Identifier</key><string>00008130-000B2C3D4E5F6071</string></dict></plist>`)
		return s.doctor()
	}),
	on(cause.ImportRefused, "the folder of another program lacks its list", nil, func(s *stage) heard {
		s.backup()
		other := filepath.Join(filepath.Dir(s.dest), "other")
		if err := os.CopyFS(other, os.DirFS(s.find("versions/*/" + stageUDID)[0])); err != nil {
			s.Fatal(err)
		}
		if err := os.Remove(filepath.Join(other, "Manifest.db")); err != nil {
			s.Fatal(err)
		}
		return s.exits(3, s.homeport("versions", "import", other, "--dest", s.dest))
	}),
	onPhone(cause.NoSuchVersion, "a version that never was", nil, func(s *stage) heard {
		s.backup()
		return s.homeport("ls", "20200101T000000Z-0001", "--dest", s.dest)
	}),
}

func (s *stage) moved(from, to string) {
	s.Helper()
	if err := os.Rename(from, to); err != nil {
		s.Error(err)
	}
}

// flip changes one bit in the one file of the phone's store that fits the pattern
// and is not empty.
func (s *stage) flip(pattern string) {
	s.Helper()
	for _, name := range s.find(pattern) {
		data, err := os.ReadFile(name)
		if err != nil {
			s.Fatal(err)
		}
		if len(data) > 0 {
			data[len(data)/2] ^= 1
			s.overwrite(name, data)
			return
		}
	}
	s.Fatalf("all that fits %s is empty", pattern)
}

// write replaces the contents of the files of the phone's store that fit.
func (s *stage) write(pattern, text string) {
	s.Helper()
	for _, name := range s.find(pattern) {
		s.overwrite(name, []byte(text))
	}
}

func (s *stage) overwrite(name string, data []byte) {
	s.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) find(pattern string) []string {
	s.Helper()
	names, err := filepath.Glob(filepath.Join(s.dest, ".homeport", stageUDID, filepath.FromSlash(pattern)))
	if err != nil || len(names) == 0 {
		s.Fatalf("nothing fits %s: %v", pattern, err)
	}
	return names
}
