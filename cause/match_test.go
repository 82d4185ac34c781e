package cause

import (
	"slices"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []ID // the best hits, in order; there may be more
	}{
		{"host-disk-full", []ID{HostDiskFull}},
		{" Host Disk Full ", []ID{HostDiskFull}},
		{"usb_flapping", []ID{USBFlapping}},
		{"unknown", []ID{Unknown}},
		{"208", []ID{PasscodePromptUnanswered}},
		{"error 208", []ID{PasscodePromptUnanswered}},
		{"-4", []ID{DeviceDisconnected, DeviceBackupAgentCrashed}},
		{"-54", []ID{FileLocked, DestinationNotWritable}},
		{"−54", []ID{FileLocked}},
		{"-34", []ID{HostDiskFullDuring, BackupServiceRefused}},
		{"-17", []ID{DeviceLocked}},
		{"-36", []ID{PairingNeedsUSB, HostDiskFull}},
		{"0xE8000065", []ID{MuxConnectFailed}},
		{"0xe8000065", []ID{MuxConnectFailed}},
		{"iTunes could not connect to this iPhone. An unknown error occurred (0xE800006A).", []ID{HostSoftwareTooOld}},
		{"MBErrorDomain/105", []ID{HostDiskFullDuring, HostSpaceMisreported, DeviceStorageFull}},
		{"ErrorCode 205: Backup corrupt (MBErrorDomain/205)", []ID{PreviousBackupCorrupt}},
		{"Backup Failed (Error Code 208).", []ID{PasscodePromptUnanswered}},
		{"Error Domain=MBErrorDomain Code=211 \"Find My iPhone must be turned off\"", []ID{FindMyOn}},
		{"ERROR: Could not receive from mobilebackup2 (-4)\nBackup Aborted.", []ID{DeviceDisconnected, DeviceBackupAgentCrashed}},
		{"ERROR: Could not start service com.apple.mobilebackup2: Password protected\nPasswordProtected", []ID{DeviceLocked, BackupServiceRefused}},
		{"iTunes could not back up the iPhone “Anna’s iPhone” because the backup was corrupt or not compatible with the iPhone that is being restored.", []ID{PreviousBackupCorrupt}},
		{"iTunes could not back up the iPhone because there is not enough free space on this computer.", []ID{HostDiskFull}},
		{"iTunes could not back up the iPhone “Anna’s iPhone” because not enough free space is available on this computer.", []ID{HostDiskFull}},
		{"iTunes could not back up the iPhone because the iPhone disconnected.", []ID{DeviceDisconnected}},
		{"The last backup could not be completed because there is not enough iCloud storage", []ID{ICloudStorageFull}},
		{"The iPhone cannot be used because it is locked with a passcode", []ID{DeviceLocked}},
		{"write /srv/b/ab/ab12: no space left on device", []ID{HostDiskFullDuring}},
		{"my iphone keeps disconnecting from the pc", []ID{USBFlapping}},
		{`{"level":"error","msg":"not backed up","cause":"sync-lock-held"}`, []ID{SyncLockHeld}},
		{"ERROR: Could not connect to lockdownd, error code -18", []ID{TrustDenied}},
		{"ERROR: Could not connect to lockdownd: Pairing dialog response pending (-19)", []ID{NotTrusted}},
		{"my disk is full", []ID{HostDiskFull}},
		{"phone keeps asking for passcode", []ID{PasscodePromptUnanswered}},
		{"my battery is low", []ID{DeviceBatteryLow, HostBatteryLow}},
		{"usb hub", []ID{USBViaHub}},
		{"backup too slow", []ID{BackupSlow}},
		{"the computer went to sleep", []ID{HostSlept}},
	}
	for _, tt := range tests {
		var got []ID
		for _, h := range Match(tt.text) {
			got = append(got, h.ID)
		}
		if len(got) < len(tt.want) || !slices.Equal(got[:len(tt.want)], tt.want) {
			t.Errorf("Match(%q) = %v, want %v first", tt.text, got, tt.want)
		}
	}
}

func TestMatchNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "hello", "0", "99999", "exit status 48", "0xDEADBEEF", "the quick brown fox jumps over the lazy dog", "I like my iPhone", "2026-11-22 10:15:02 started version 18.5", strings.Repeat("x", 1<<20)} {
		if got := Match(text); len(got) != 1 || got[0].ID != Unknown {
			t.Errorf("Match(%.40q) = %v, want unknown", text, got)
		}
	}
}

// TestMatchSeesTheEndOfALog holds that a long log is searched where its failure
// stands.
func TestMatchSeesTheEndOfALog(t *testing.T) {
	t.Parallel()
	log := strings.Repeat("Receiving files\n", 50_000) + "ErrorCode 105: Insufficient free disk space (MBErrorDomain/105)\n"
	if got := Match(log); got[0].ID != HostDiskFullDuring {
		t.Errorf("got %v", got)
	}
}

// TestEveryOwnTextFindsItsRow holds that each text and code of a row leads back
// to it.
func TestEveryOwnTextFindsItsRow(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		for _, s := range slices.Concat(r.Texts, r.Codes, []string{string(r.ID)}) {
			if !slices.ContainsFunc(Match(s), func(h Hit) bool { return h.ID == r.ID }) {
				if strings.HasPrefix(s, "errno/E") || strings.HasPrefix(s, "windows/") {
					continue
				}
				t.Errorf("Match(%q) misses %s: %v", s, r.ID, Match(s))
			}
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{
		"-4", "MBErrorDomain/105", "host-disk-full", "\xff(−1)", "error code 9999999999999", "0xe8000065", "e80000", "-402653083", "0x80070070",
		"\xff\xfe-\x004\x00", "\x1b[31mErrorCode\x1b[0m 208", "\x1b]0;title", "a\r\nb\rc\x00", "Error Domain=MBErrorDomain Code=", "InvalidHostIDError",
		"open /var/lib/lockdown/ a b c d e f g h i j permission denied", "phone charges but computer doesn't see it", "usb disconnect, device number 5\nusb disconnect, device number 6\nusb disconnect, device number 7",
		"iPhone \"\n\" %%%", "''_'_'", strings.Repeat("backup directory ", 300), strings.Repeat("(-4)", 100), "no space left on device", "İİİİ error 105 ſſ K",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		hits := Match(s)
		if len(hits) == 0 || len(hits) > maxHits {
			t.Fatalf("%d hits", len(hits))
		}
		if again := Match(s); !slices.Equal(hits, again) {
			t.Fatalf("not the same twice: %v, %v", hits, again)
		}
		for _, h := range hits {
			if _, ok := Lookup(h.ID); !ok {
				t.Fatalf("no row for %s", h.ID)
			}
			if h.ID != Unknown && (h.Sure == "" || h.Matched == "") {
				t.Fatalf("%s: recognised by nothing", h.ID)
			}
		}
	})
}
