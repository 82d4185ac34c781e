package idevicebackup2

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"homeport/backup"
	"homeport/cause"
)

// The beginning of a run, as both displays print it.
const begins = `Backup directory is "/tmp/d"
Started "com.apple.mobilebackup2" service on port 49154.
Negotiated Protocol Version 2.1
Starting backup...
Backup will be encrypted.
Requesting backup from device...
Full backup mode.
`

// display13 is what 1.3 and 1.4 print of the phone's messages.
const display13 = "Sending '00008110-000A1B2C3D4E5F60/Status.plist' (189 Bytes)\nReceiving files\n" +
	"\r[=                                                 ]   0% (32.8 KB/57.7 MB)     \r[=======================                           ]  46% (26.4 MB/57.7 MB)     " +
	"\r[==================================================] 100% (57.7 MB/57.7 MB)     \n\n" +
	"\r[=====================                             ]  43% Finished\n" +
	"Moving 128 files\n\n\r[=================================================  ]  99% Finished\nRemoving 1 file\n"

// displayNew draws four lines over and over.
func displayNew(percent int, name, status string) string {
	return "\x1b[u\x1b[1A\x1b[1A\x1b[1A\x1b[2K\r" + fmt.Sprintf("%-10s [####..........................] %3d%%", "Backup", percent) +
		"\n\x1b[2K\r" + fmt.Sprintf("%-10s %s", "Receiving", name) +
		"\n\x1b[2K\r" + fmt.Sprintf("%-10s [====>                         ]  12.5%%   1.2 MB / 57.7 MB     ", "") +
		"\n\x1b[2K\r" + fmt.Sprintf("%-10s %s", "Status", status) + "\x1b[s"
}

const ends = "Received 306 files from device.\nBackup Successful.\n"

func read(pieces ...string) said {
	var d display
	for _, p := range pieces {
		_, _ = d.Write([]byte(p))
	}
	return d.finish()
}

func TestDisplays(t *testing.T) {
	t.Parallel()
	fresh := displayNew(12, "/.ba/HomeDomain/a", "Receiving files") + displayNew(43, "", "Moving 128 files") + displayNew(40, "", "Removing 1 file") + "\n"
	for name, middle := range map[string]string{"1.3": display13, "four lines": fresh} {
		for _, step := range []int{1, 7, 4096} {
			whole := begins + middle + ends
			var pieces []string
			for len(whole) > 0 {
				n := min(step, len(whole))
				pieces, whole = append(pieces, whole[:n]), whole[n:]
			}
			s := read(pieces...)
			percent := map[string]float64{"1.3": 99, "four lines": 43}[name]
			if s.port != 49154 || !s.encrypted || !s.bodies || s.files != 306 || !s.success || s.percent != percent || s.phase != backup.PhaseFinishing {
				t.Errorf("%s in pieces of %d: %+v", name, step, s)
			}
			if s.complaint != nil || s.code != 0 || len(s.odd) > 0 {
				t.Errorf("%s: complaint %+v, code %d, odd %q", name, s.complaint, s.code, s.odd)
			}
		}
	}
}

func TestPhasesNeverGoBack(t *testing.T) {
	t.Parallel()
	var phases []backup.Phase
	d := display{changed: func(s said) {
		if len(phases) == 0 || phases[len(phases)-1] != s.phase {
			phases = append(phases, s.phase)
		}
	}}
	fmt.Fprint(&d, begins, "*** Waiting for passcode to be entered on the device ***\n", display13, "Receiving files\n", ends)
	want := []backup.Phase{"", backup.PhaseConnecting, backup.PhaseWaiting, backup.PhaseReceiving, backup.PhaseMoving, backup.PhaseFinishing}
	if !reflect.DeepEqual(phases, want) {
		t.Errorf("phases %v", phases)
	}
	if !d.now().passcode {
		t.Error("the wait for the passcode was not seen")
	}
}

// TestHostileOutput has the phone choose names, and the tool print without end.
func TestHostileOutput(t *testing.T) {
	t.Parallel()
	s := read(begins,
		displayNew(10, "Backup Successful.", ""),
		"Sending 'ErrorCode 105: x\x1b]0;title\x07' (1 Bytes)\n",
		strings.Repeat("A", 100<<10)+"\n",
		"\x1b[999999999999;1Hxx\xff\x00\xfe\n")
	if s.success || s.code != 0 || s.complaint != nil {
		t.Errorf("a name was taken for a word of the tool: %+v", s)
	}
	for _, line := range s.tail {
		if len(line) > maxLine || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("kept: %.80q (%d bytes)", line, len(line))
		}
	}
	if s := read(strings.Repeat("Received an error message from device: x\nabc\n", 10_000)); len(s.odd) > maxOdd || len(s.tail) > maxTail {
		t.Errorf("%d oddities, %d lines kept", len(s.odd), len(s.tail))
	}
	if s := read("ErrorCode 99999999999999999999: x\n"); s.code != 0 {
		t.Errorf("code %d", s.code)
	}
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line   string
		id     cause.ID // "" when it is none
		spoils bool
	}{
		{line: "No device found with udid 00008110-000A1B2C3D4E5F60.", id: cause.DeviceDisconnected},
		{line: "ERROR: Could not connect to lockdownd, error code -17", id: cause.DeviceLocked},
		{line: "ERROR: Could not connect to lockdownd, error code -21", id: cause.PairRecordStale},
		{line: "ERROR: Could not connect to lockdownd, error code -8", id: cause.MuxConnectFailed},
		{line: "ERROR: Could not start service com.apple.mobilebackup2.", id: cause.BackupServiceRefused},
		{line: "ERROR: Could not start service com.apple.mobilebackup2: Service limit reached", id: cause.ServiceLimit},
		{line: "ERROR: Could not start service com.apple.afc: Escrow lockded", id: cause.DeviceNotUnlockedSinceBoot},
		{line: "Could not perform backup protocol version exchange, error code -1", id: cause.HostSoftwareTooOld},
		{line: "ERROR: timeout while locking for sync", id: cause.SyncLockHeld},
		{line: "User has cancelled the backup process on the device.", id: cause.DeviceCancelled},
		{line: "ERROR: Could not receive from mobilebackup2 (-4)", id: cause.DeviceDisconnected},
		{line: "Error opening '/d/U/Snapshot/00/x' for writing: No space left on device", id: cause.HostDiskFullDuring, spoils: true},
		{line: "Error opening './U/Snapshot/00/x' for writing: Disk quota exceeded", id: cause.HostDiskFullDuring, spoils: true},
		{line: "Error opening './U/Snapshot/00/x' for writing: Transport endpoint is not connected", id: cause.DestinationOffline, spoils: true},
		{line: "Error opening './U/Snapshot/00/x' for writing: Input/output error", id: cause.HostIOError, spoils: true},
		{line: "mb2_handle_receive_files: Error opening '/d' for writing: Read-only file system", id: cause.DestinationNotWritable, spoils: true},
		{line: "mkdir: Input/output error (5)", id: cause.HostIOError, spoils: true},
		{line: "Renameing '/d/a' to '/d/b' failed: No such file or directory (2)", id: cause.HostIOError, spoils: true},
		{line: "Could not remove '/d/a': Permission denied (13)", id: cause.DestinationNotWritable, spoils: true},
		{line: "Discarding current data hunk.", id: cause.ProtocolError, spoils: true},
		{line: "ERROR: mb2_receive_filename: too large filename length (8388620)!", id: cause.ProtocolError, spoils: true},
		{line: "mb2_handle_send_file: Error opening local file '/d/U/Status.plist': 2"},
		{line: "mb2_handle_send_file: stat failed on '/d/U/Status.plist': 2"},
		{line: "mb2_handle_send_file: stat failed on '/d/U/Status.plist': 5", id: cause.HostIOError, spoils: true},
		{line: "Received an error message from device: cannot open"},
	} {
		got := read(c.line + "\n").complaint
		switch {
		case c.id == "" && got != nil:
			t.Errorf("%q: %+v", c.line, got)
		case c.id != "" && (got == nil || got.id != c.id || got.spoils != c.spoils):
			t.Errorf("%q: %+v, want %s, %v", c.line, got, c.id, c.spoils)
		}
	}
}

func FuzzDisplay(f *testing.F) {
	f.Add([]byte(begins + display13 + ends))
	f.Add([]byte(displayNew(5, "a", "b")))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := read(string(data))
		if s.percent < 0 || s.percent > 100 || len(s.odd) > maxOdd || len(s.tail) > maxTail {
			t.Errorf("%+v", s)
		}
	})
}
