package main

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"homeport/cause"
	"homeport/simulator"
	"homeport/simulator/backupagent"
)

// backupSituations are what ends a backup that has begun.
var backupSituations = slices.Concat([]situation{
	on(cause.DeviceDisconnected, "the cable is pulled", nil, func(s *stage) heard {
		s.phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 100_000, Kind: simulator.Detached})
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.DeviceBackupAgentCrashed, "the phone's program ends, the phone stays", nil, func(s *stage) heard {
		s.phone.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 100_000, Kind: simulator.RST})
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.MuxServiceStopped, "usbmuxd dies", nil, func(s *stage) heard {
		held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100_000})[0]
		go func() {
			<-held.Done()
			s.sim.Play(simulator.MuxRestart{})
		}()
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.PasscodePromptCancelled, "Cancel is tapped", nil, func(s *stage) heard {
		s.phone.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeManual})
		return s.during([]string{"run", "--once", "--dest", s.made()}, `"event":"waiting"`, func() {
			s.phone.Notify("com.apple.itunes-client.syncCancelRequest")
		})
	}),
	onPhone(cause.PasscodePromptUnanswered, "nobody types the passcode", nil, func(s *stage) heard {
		s.phone.SetPasscode(simulator.Passcode{Mode: simulator.PasscodeRefuse})
		return s.homeport("backup", "--dest", s.dest)
	}),
	onPhone(cause.HostShutdown, "run is told to stop", nil, func(s *stage) heard {
		return s.stopped(syscall.SIGTERM, "run", "--dest", s.dest)
	}),
	onPhone(cause.UserCancelled, "Ctrl-C", nil, func(s *stage) heard {
		return s.stopped(os.Interrupt, "backup", "--dest", s.dest)
	}),
	on(cause.BackupServiceRefused, "the backup service is not there", nil, func(s *stage) heard {
		s.phone.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.mobilebackup2", Code: "InvalidService"})
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.ServiceLimit, "too many services are open", nil, func(s *stage) heard {
		s.phone.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.mobilebackup2", Code: "ServiceLimit"})
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.ProtocolError, "lockdown answers what nobody understands", nil, func(s *stage) heard {
		s.phone.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.mobilebackup2", Code: "InvalidResponse"})
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.MuxConnectFailed, "usbmuxd opens no channel", nil, func(s *stage) heard {
		s.sim.Play(simulator.MuxReply{Request: "Connect", Reply: map[string]any{"MessageType": "Result", "Number": 3}, Times: 1000})
		return s.doctor()
	}),
	on(cause.TransferStalled, "the phone falls silent", nil, func(s *stage) heard {
		s.phone.Play(simulator.Stall{Channel: simulator.ChannelLockdown})
		return s.doctor()
	}),
	on(cause.HostSpaceMisreported, "ErrorCode 105, and there is room", nil, func(s *stage) heard {
		s.phone.Play(simulator.BackupResponse{Stage: backupagent.StageManifests, Code: 105})
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.DeviceHostile, "it sends more than it can hold", func(spec *simulator.PhoneSpec) {
		spec.Bytes, spec.Disk = 8<<20, simulator.Disk{Total: 2 << 20, Available: 1 << 20}
	}, func(s *stage) heard {
		return s.homeport("backup", "--dest", s.dest)
	}),
	on(cause.DeviceStorageFull, "ErrorCode 102, and the phone is full", func(spec *simulator.PhoneSpec) {
		spec.Disk = simulator.Disk{Total: 8_000_000_000, Available: 300_000_000} // the drive of the tests holds that
	}, func(s *stage) heard {
		s.phone.Play(simulator.BackupResponse{Stage: backupagent.StageUploading, Code: 102})
		return s.homeport("backup", "--dest", s.dest)
	}),
	refusedBase(205, cause.PreviousBackupCorrupt),
	refusedBase(209, cause.PreviousBackupIncompleteFiles),
	on(cause.DestinationNotWritable, "a file in place of the folder", nil, func(s *stage) heard {
		s.overwrite(s.dest, []byte("mine"))
		g := s.homeport("doctor", "--dest", s.dest)
		if !strings.Contains(g.output, "is a file; backups need a folder") {
			s.Error(g.output)
		}
		return g
	}),
	on(cause.DestinationMissing, "the usual folder was never made", nil, func(s *stage) heard {
		g := s.homeport("doctor")
		if !strings.Contains(g.output, "homeport config init") || strings.Contains(g.output, "onnect the drive") {
			s.Error(g.output)
		}
		return g
	}),
	onPhone(cause.EncryptionOff, "a phone without notifications is backed up", nil, func(s *stage) heard {
		s.phone.Play(simulator.LockdownError{Request: "StartService", Name: "com.apple.mobile.notification_proxy", Code: "InvalidService"})
		g := s.homeport("backup", "--dest", s.dest)
		if g.exit != 0 || !strings.Contains(g.output, "sends no notifications") {
			s.Error(g.exit, g.output)
		}
		return g
	}),
}, endedBy(map[int]cause.ID{
	1: cause.DeviceInternalError, 3: cause.DeviceSnapshotStuck, 14: cause.DeviceBusy, 22: cause.EncryptionRequiredByPolicy,
	25: cause.ICloudRestoreRunning, 202: cause.DeviceCancelled,
	203: cause.HostSoftwareTooOld, 207: cause.BackupPasswordUnknown, 212: cause.SetupNotFinished, 999: cause.Unknown,
}))

// refusedBase has the phone call the earlier backup unfit.
func refusedBase(code int, id cause.ID) situation {
	return on(id, "ErrorCode "+strconv.Itoa(code)+", with an earlier backup", nil, func(s *stage) heard {
		s.homeport("backup", "--dest", s.dest)
		s.phone.Play(simulator.BackupResponse{Stage: backupagent.StageUploading, Code: code})
		return s.homeport("backup", "--dest", s.dest)
	})
}

// endedBy has the phone end a backup with an error code of its own.
func endedBy(codes map[int]cause.ID) []situation {
	var list []situation
	for code, id := range codes {
		list = append(list, on(id, "ErrorCode "+strconv.Itoa(code), nil, func(s *stage) heard {
			s.phone.Play(simulator.BackupResponse{Stage: backupagent.StageUploading, Code: code})
			return s.homeport("backup", "--dest", s.dest)
		}))
	}
	return list
}

// stopped runs the command and sends it a signal while the phone is sending.
func (s *stage) stopped(by os.Signal, args ...string) heard {
	s.Helper()
	s.made()
	held := s.phone.Play(simulator.Stall{Channel: simulator.ChannelBackup, Bytes: 100_000})[0]
	cmd := s.child(args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	<-held.Done()
	if err := cmd.Process.Signal(by); err != nil {
		s.Fatal(err)
	}
	_ = cmd.Wait()
	g := heard{exit: cmd.ProcessState.ExitCode(), output: out.String()}
	g.readLines(&out)
	return g
}
