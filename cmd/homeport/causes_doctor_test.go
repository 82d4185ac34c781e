package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"homeport/backup/store"
	"homeport/cause"
	"homeport/simulator"
)

// doctorSituations are those of names, settings, engines and the destination's
// owner: what is wrong before any phone is asked.
var doctorSituations = []situation{
	on(cause.AlreadyRunning, "another Homeport is at this phone", nil, func(s *stage) heard {
		st, err := store.Create(s.made(), store.Options{})
		if err != nil {
			s.Fatal(err)
		}
		defer st.Close()
		stage, err := st.Begin(s.Context(), stageUDID)
		if err != nil {
			s.Fatal(err)
		}
		defer func() { _ = stage.Discard() }()
		return s.exits(cause.ExitBusy, s.doctor())
	}),
	{id: cause.PhoneAmbiguous, name: "two phones, and none was named", how: simulated, alone: true, play: func(t *testing.T) heard {
		s := newStage(t, nil)
		sim, err := simulator.Start(simulator.Config{Phones: []simulator.PhoneSpec{
			{UDID: stageUDID, Name: "Anna's iPhone"}, {UDID: "00008130-000B2C3D4E5F6071", Name: "Anna's iPhone"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sim.Close() })
		s.sim = sim
		return s.exits(cause.ExitUsage, s.doctor("Anna's iPhone"))
	}},
	on(cause.NoSuchPhone, "a name that fits nobody", nil, func(s *stage) heard {
		return s.exits(cause.ExitNoSuch, s.doctor("Carol's iPhone"))
	}),
	on(cause.NoSuchPhone, "a phone that has versions and is not there", nil, func(s *stage) heard {
		s.backup()
		s.phone.Detach()
		return s.exits(cause.ExitNoSuch, s.doctor("Anna's iPhone"))
	}),
	on(cause.NoPhone, "nothing is plugged in", nil, func(s *stage) heard {
		s.phone.Detach()
		return s.exits(0, s.doctor())
	}),
	on(cause.CableNoData, "nothing appears, and nobody comes", nil, func(s *stage) heard {
		s.phone.Detach()
		return s.exits(cause.ExitWaitedInVain, s.doctor("--wait", "--timeout", "50ms"))
	}),
	on(cause.ConfigInvalid, "a value that is no number", nil, func(s *stage) heard {
		file := filepath.Join(s.place, "config.yaml")
		if err := os.WriteFile(file, []byte("max_parallel: many\n"), 0o600); err != nil {
			s.Fatal(err)
		}
		return s.exits(cause.ExitUsage, s.homeport("--config", file, "doctor"))
	}),
	on(cause.EngineMissing, "a tool that is not where the settings say", nil, func(s *stage) heard {
		s.env = []string{"HOMEPORT_ENGINE=libimobiledevice", "HOMEPORT_ENGINE_PATH=" + filepath.Join(s.place, "idevicebackup2")}
		s.made()
		return s.exits(cause.ExitUsage, s.homeport("backup", "--dest", s.dest))
	}),
	on(cause.EngineNotIdevicebackup2, "another program is where the settings say", nil, func(s *stage) heard {
		if runtime.GOOS == "windows" {
			s.Skip("a script is no program there")
		}
		tool := filepath.Join(s.place, "idevicebackup2")
		if err := os.WriteFile(tool, []byte("#!/bin/sh\necho something else\n"), 0o700); err != nil {
			s.Fatal(err)
		}
		s.env = []string{"HOMEPORT_ENGINE=libimobiledevice", "HOMEPORT_ENGINE_PATH=" + tool}
		s.made()
		return s.exits(cause.ExitUsage, s.homeport("backup", "--dest", s.dest))
	}),
	on(cause.DestinationUnsafe, "everybody may write to the folder", nil, func(s *stage) heard {
		if runtime.GOOS == "windows" {
			s.Skip("rights are told otherwise there")
		}
		if err := os.Chmod(s.made(), 0o777); err != nil {
			s.Fatal(err)
		}
		return s.exits(cause.ExitRefused, s.doctor())
	}),
	on(cause.DestinationForeign, "another program's backup lies there", nil, func(s *stage) heard {
		if err := os.MkdirAll(filepath.Join(s.made(), stageUDID), 0o700); err != nil {
			s.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dest, stageUDID, "Info.plist"), []byte("theirs"), 0o600); err != nil {
			s.Fatal(err)
		}
		return s.exits(0, s.homeport("backup", "--dest", s.dest))
	}),
}

// exits holds the exit code.
func (s *stage) exits(code int, g heard) heard {
	s.Helper()
	if g.exit != code {
		s.Errorf("exit code %d, want %d\n%s", g.exit, code, g.output)
	}
	return g
}
