package idevicebackup2

import (
	"regexp"
	"strconv"
	"strings"

	"homeport/backup"
	"homeport/cause"
)

// What the tool's lines look like. Facts taken from what 1.3.0 prints and from
// the newer display of four lines:
//
//	[=====                                   ]  12% Finished
//	[=====                                   ]  12% (1.0 MB/57.7 MB)
//	Backup     [###...........................]  12%
//	           [===>                          ]  12.0%   1.0 MB / 57.7 MB
var (
	overall13  = regexp.MustCompile(`^\[[= ]{0,60}\] +(\d{1,3})% Finished$`)
	overallNew = regexp.MustCompile(`^Backup +\[[#.]{1,80}\] +(\d{1,3})%$`)
	bar        = regexp.MustCompile(`^\[[=> ]{0,80}\] +\d{1,3}(\.\d)?%`)
)

// typing is a question for a password, with what was typed shown as stars.
var typing = regexp.MustCompile(`^Enter .*password`)

func isBar(text string) bool { return bar.MatchString(text) }

// lineRow is one line that tells how the run goes.
type lineRow struct {
	form *regexp.Regexp
	note func(s *said, m []string)
}

var lineTable = []lineRow{
	{regexp.MustCompile(`^Started "com\.apple\.mobilebackup2" service on port (\d{1,5})\.$`), func(s *said, m []string) {
		s.port, _ = strconv.Atoi(m[1])
		s.enter(backup.PhaseConnecting)
	}},
	{regexp.MustCompile(`^Backup will be encrypted\.$`), func(s *said, _ []string) { s.encrypted = true }},
	{regexp.MustCompile(`^(?:Requesting backup from device|Starting Restore)\.\.\.$`), func(s *said, _ []string) { s.enter(backup.PhaseWaiting) }},
	{regexp.MustCompile(`^Negotiated Protocol Version `), func(s *said, _ []string) {
		if s.asks {
			s.enter(backup.PhaseWaiting)
		}
	}},
	{regexp.MustCompile(`^\*\*\* Waiting for passcode to be entered on the device \*\*\*$`), func(s *said, _ []string) { s.passcode = true }},
	{regexp.MustCompile(`^Receiving files$`), func(s *said, _ []string) {
		s.bodies = true
		s.enter(backup.PhaseReceiving)
	}},
	{regexp.MustCompile(`^Moving \d+ files?$`), func(s *said, _ []string) { s.enter(backup.PhaseMoving) }},
	{regexp.MustCompile(`^Removing \d+ files?$`), func(s *said, _ []string) {}},
	{regexp.MustCompile(`^Received (\d{1,9}) files from device\.$`), func(s *said, m []string) {
		s.files, _ = strconv.Atoi(m[1])
		if s.code == 0 && (s.bodies || s.files > 0) { // it says so of a backup that never began, too
			s.enter(backup.PhaseFinishing)
		}
	}},
	{regexp.MustCompile(`^(?:Backup Successful|Restore Successful|Backup encryption has been (?:en|dis)abled successfully|Backup encryption password has been changed successfully)\.$`), func(s *said, _ []string) {
		s.success = true
		s.enter(backup.PhaseFinishing)
	}},
	{regexp.MustCompile(`^ErrorCode (-?\d{1,10}): ?(.*)$`), func(s *said, m []string) {
		s.code, _ = strconv.Atoi(m[1])
		s.codeText = m[2]
	}},
	// The phone could not read a file; the store finds the empty body if it matters.
	{regexp.MustCompile(`^Received an error message from device: (.*)$`), func(s *said, m []string) {
		s.oddity("the phone could not send a file: " + m[1])
	}},
	// A phone asks for what the first backup does not have yet (errno 2).
	{regexp.MustCompile(`: (?:Error opening local file|stat failed on) '.*': 2$`), func(*said, []string) {}},
	{regexp.MustCompile(`^Couldn't establish sbservices connection`), func(s *said, m []string) { s.oddity(m[0]) }},
}

// maxOdd bounds the oddities that are listed.
const maxOdd = 50

func (s *said) oddity(text string) {
	if len(s.odd) < maxOdd {
		s.odd = append(s.odd, text)
	}
}

// complaint is something that the tool says went wrong.
type complaint struct {
	id     cause.ID
	text   string
	spoils bool // the folder or the stream is in doubt, whatever comes later
	old    bool // the tool does not speak this phone's version
	link   bool // or the connection just broke: what the relay saw decides
}

// complaintRow finds a complaint. With host set, the system's message at the end
// of the line refines the cause.
type complaintRow struct {
	form *regexp.Regexp
	complaint
	host     bool
	lockdown bool // the line ends with an error of lockdown
}

var complaintTable = []complaintRow{
	{form: regexp.MustCompile(`^No device found`), complaint: complaint{id: cause.DeviceDisconnected, link: true}},
	{form: regexp.MustCompile(`^ERROR: Could not connect to lockdownd, error code (-?\d+)`), complaint: complaint{id: cause.MuxConnectFailed, link: true}, lockdown: true},
	{form: regexp.MustCompile(`^ERROR: Could not start service com\.apple\.mobilebackup2(?:\.|: (.*))$`), complaint: complaint{id: cause.BackupServiceRefused}, lockdown: true},
	{form: regexp.MustCompile(`^(?:ERROR: )?Could not start (?:service )?com\.apple\.[a-z0-9._]+?(?:\.|: (.*))?$`), complaint: complaint{id: cause.BackupServiceRefused}, lockdown: true},
	{form: regexp.MustCompile(`^Could not perform backup protocol version exchange, error code`), complaint: complaint{id: cause.HostSoftwareTooOld, old: true, link: true}},
	{form: regexp.MustCompile(`^ERROR: Backup encryption is (?:already|not) enabled`), complaint: complaint{id: cause.BackupPasswordUnknown}},
	{form: regexp.MustCompile(`^ERROR: Cannot ensure we restore from a successful backup|^ERROR: Backup directory ".*" is invalid|^Aborting restore\.|^Could not read Info\.plist`), complaint: complaint{id: cause.VersionDamaged}},
	{form: regexp.MustCompile(`^Error (?:preparing|creating|writing) .*RestoreApplications\.plist|^Error creating directory /iTunesRestore`), complaint: complaint{id: cause.DeviceInternalError}},
	{form: regexp.MustCompile(`^ERROR: Could not start (?:backup|restore) process: backup protocol version mismatch`), complaint: complaint{id: cause.HostSoftwareTooOld, old: true}},
	{form: regexp.MustCompile(`^ERROR: Could not start (?:backup|restore) process: device refused`), complaint: complaint{id: cause.BackupServiceRefused}},
	{form: regexp.MustCompile(`^ERROR: Could not start (?:backup|restore) process`), complaint: complaint{id: cause.DeviceDisconnected, link: true}},
	{form: regexp.MustCompile(`^ERROR: (?:timeout while locking for sync|could not lock file)`), complaint: complaint{id: cause.SyncLockHeld}},
	{form: regexp.MustCompile(`^User has cancelled the backup process on the device`), complaint: complaint{id: cause.DeviceCancelled}},
	{form: regexp.MustCompile(`^ERROR: Could not receive from mobilebackup2 \(`), complaint: complaint{id: cause.DeviceDisconnected, link: true}},
	{form: regexp.MustCompile(`^ERROR: Backup directory ".*" does not exist`), complaint: complaint{id: cause.DestinationMissing}},
	{form: regexp.MustCompile(`^Failed to generate Info\.plist`), complaint: complaint{id: cause.ProtocolError}},

	{form: regexp.MustCompile(`Error opening '.*' for writing: (.*)$`), complaint: complaint{id: cause.HostIOError, spoils: true}, host: true},
	{form: regexp.MustCompile(`^mkdir: (.*?)(?: \(-?\d+\))?$`), complaint: complaint{id: cause.HostIOError, spoils: true}, host: true},
	{form: regexp.MustCompile(`^Renameing '.*' to '.*' failed: (.*?)(?: \(-?\d+\))?$`), complaint: complaint{id: cause.HostIOError, spoils: true}, host: true},
	{form: regexp.MustCompile(`^Could not remove '.*': (.*?)(?: \(-?\d+\))?$`), complaint: complaint{id: cause.HostIOError, spoils: true}, host: true},
	{form: regexp.MustCompile(`^Cannot open destination file|^Error closing (?:source|destination) file|ERROR: Unable to create destination directory`), complaint: complaint{id: cause.HostIOError, spoils: true}},
	{form: regexp.MustCompile(`: (?:Error opening local file|stat failed on|read error)`), complaint: complaint{id: cause.HostIOError, spoils: true}},
	{form: regexp.MustCompile(`could not (?:receive code|read filename)|^Discarding current data hunk|^Found new flag|too large filename length|Malformed DLContentsOfDirectory|^Unknown message received`), complaint: complaint{id: cause.ProtocolError, spoils: true, link: true}},
	{form: regexp.MustCompile(`^Could not send status response|could not send message|could only send|sent only`), complaint: complaint{id: cause.DeviceDisconnected, spoils: true, link: true}},
}

// hostErrors are the system's messages in a complaint, in the C locale.
var hostErrors = []struct {
	text string
	id   cause.ID
}{
	{"No space left on device", cause.HostDiskFullDuring},
	{"Disk quota exceeded", cause.HostDiskFullDuring},
	{"File too large", cause.DestinationFileLimit},
	{"Read-only file system", cause.DestinationNotWritable},
	{"Permission denied", cause.DestinationNotWritable},
	{"Operation not permitted", cause.DestinationNotWritable},
	{"Stale file handle", cause.DestinationOffline},
	{"Connection timed out", cause.DestinationOffline},
	{"Transport endpoint is not connected", cause.DestinationOffline},
	{"Socket not connected", cause.DestinationOffline}, // macOS
	{"Host is down", cause.DestinationOffline},
	{"No route to host", cause.DestinationOffline},
	{"Network is unreachable", cause.DestinationOffline},
	{"Network is down", cause.DestinationOffline},
	{"Device not configured", cause.DestinationMissing}, // macOS
	{"File name too long", cause.PathTooLong},
	{"Device or resource busy", cause.FileLocked},
	{"No such device", cause.DestinationMissing},
}

// is makes the complaint of a line that the row fits.
func (r complaintRow) is(m []string, text string) complaint {
	c := r.complaint
	c.text = text
	last := m[len(m)-1]
	switch {
	case r.lockdown && len(m) > 1 && last != "":
		c.id = lockdownCause(last, c.id)
		c.link = c.link && c.id == r.id
	case r.host:
		for _, h := range hostErrors {
			if strings.Contains(text, h.text) {
				c.id = h.id
				break
			}
		}
	}
	return c
}

// lockdownWords are the tool's words for lockdown's errors, with their numbers in
// its library.
var lockdownWords = map[string]int{
	"Password protected": -17, "User denied pairing": -18, "Pairing dialog response pending": -19, "Missing HostID": -20,
	"Invalid HostID": -21, "Missing service": -26, "Invalid service": -27, "Service limit reached": -28,
	"Missing pair record": -29, "Saving pair record failed": -30, "Invalid pair record": -31, "Invalid activation record": -32,
	"Missing activation record": -33, "Service prohibited": -34, "Escrow lockded": -35, "Escrow locked": -35,
	"Pairing prohibited over this connection": -36, "Find My iPhone/iPod/iPad protected": -37, "MC protected": -38, "MC challenge required": -39,
	"Invalid configuration": -2, "PropertyList error": -3, "Pairing failed": -4, "SSL error": -5, "Receive timeout": -7, "Mux error": -8,
}

// lockdownCause finds the cause of an error of lockdown, given as a number or in
// words; otherwise is the one for what nobody knows.
func lockdownCause(told string, otherwise cause.ID) cause.ID {
	n, err := strconv.Atoi(told)
	if err != nil {
		var known bool
		if n, known = lockdownWords[told]; !known {
			return otherwise
		}
	}
	domain := "lockdown/"
	if n >= -9 {
		domain = "lockdown-client/"
	}
	if ids := cause.ForCode(domain + strconv.Itoa(n)); len(ids) > 0 {
		return ids[0]
	}
	return otherwise
}
