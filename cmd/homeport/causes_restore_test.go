package main

import (
	"homeport/cause"
	"homeport/simulator"
	"homeport/simulator/backupagent"
)

// restoreSituations are what keeps a version from getting onto a phone.
var restoreSituations = []situation{
	on(cause.FindMyOn, "Find My is on", func(spec *simulator.PhoneSpec) { spec.FindMy = true }, func(s *stage) heard {
		s.backup()
		return s.restore()
	}),
	on(cause.BackupNewerThanPhone, "the phone was set back to an older iOS", nil, func(s *stage) heard {
		s.backup()
		s.phone.SetValue("", "ProductVersion", "17.0")
		return s.restore()
	}),
	onPhone(cause.BackupRefusedByPhone, "ErrorCode 205", nil, func(s *stage) heard { return s.restoreEndedBy(205) }),
	onPhone(cause.RestoreNoRoom, "ErrorCode 106", nil, func(s *stage) heard { return s.restoreEndedBy(106) }),
	onPhone(cause.RestoreInterrupted, "the cable is pulled", nil, func(s *stage) heard {
		s.backup()
		s.phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 200_000, Kind: simulator.Detached})
		return s.restore()
	}),
}

// restore puts the newest version onto the phone.
func (s *stage) restore() heard {
	s.Helper()
	return s.homeport("restore", stageUDID, "--dest", s.dest, "--yes")
}

// restoreEndedBy has the phone end the restore with a code.
func (s *stage) restoreEndedBy(code int) heard {
	s.Helper()
	s.backup()
	s.phone.Play(simulator.BackupResponse{Stage: backupagent.StageRestoreBatch, Code: code})
	return s.restore()
}
