package cause

import "testing"

// TestSpellingsOfACode holds that a number is found however it is written.
func TestSpellingsOfACode(t *testing.T) {
	t.Parallel()
	for want, texts := range map[ID][]string{
		MuxConnectFailed: {
			"0xE8000065", "0xe8000065", "e8000065", "E8000065", "(0xE8000065)", "error 0xE8000065.", "AMDeviceConnect returned -402653083", "code: 3892314213",
		},
		PasscodePromptUnanswered: {
			"208", "MBErrorDomain/208", "mberrordomain 208", "Error Domain=MBErrorDomain Code=208", "ErrorCode 208: Device locked", "error code: 208", "Error Code #208",
			"'ErrorCode': 208", `"errorCode":208`, "Backup Failed\n(Error Code\n208).", "backup error 208", "MBErrorDomain error 208.", "idevicebackup2 exited with status 48",
		},
		FileLocked:           {"-54", "(-54)", "error -54", "error (-54)", "unknown error occurred (-54)", "iTunes error −54", "Error: –54"},
		TrustDenied:          {"lockdown error -18", "Could not connect to lockdownd, error code -18", "returned unhandled error code -18", "lockdownd_pair failed (-18)"},
		DeviceDisconnected:   {"Could not receive from mobilebackup2 (-4)", "mobilebackup2/-4", "mobilebackup2 error: -4"},
		HostDiskFullDuring:   {"iPhone backup failed: 0x80070070", "backup: OSError: [Errno 28]", "idevicebackup2: os error 28", "backup: NSPOSIXErrorDomain Code=28", "ENOSPC: iphone backup"},
		USBEnumerationFailed: {"Unknown USB Device (Code 43)"},
		USBDriverMissing:     {"Apple iPhone: The drivers for this device are not installed. (Code 28)"},
	} {
		for _, text := range texts {
			if got := Match(text); got[0].ID != want {
				t.Errorf("%q: want %s, got %s", text, want, tell(got))
			}
		}
	}
}

// TestNumbersThatAreNoCodes holds that dates, sizes, ports, processes, versions and
// other programs' numbers are left alone.
func TestNumbersThatAreNoCodes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"208 files", "copied 105 of 208 files", "2025-02-08 10:20:8", "port 62078", "pid 208", "version 2.0.8 build 205", "18.5 (22F76)", "exit status 208",
		"HTTP error 208", "http status code 205", "error code 404", "make: *** Error 105", "usb 1-2: new high-speed USB device number 5",
		"deadbeefe8000065cafe", "e8000065-1234-4a5b-8c9d-001122334455", "The iPhone could not be restored. An unknown error occurred (14).",
		"Error Domain=NSCocoaErrorDomain Code=4", "NSURLErrorDomain Code=-1009", "net::ERR_NAME_NOT_RESOLVED error 105 in the browser on the way to the page", "10 % of 205 GB", "€ 208",
	} {
		if got := Match(text); got[0].ID != Unknown {
			t.Errorf("%q: %s", text, tell(got))
		}
	}
}

// TestNumberInALineDecides holds that words on the line of an exact number say
// nothing else beside it.
func TestNumberInALineDecides(t *testing.T) {
	t.Parallel()
	got := Match("ERROR: Could not connect to lockdownd, error code -21")
	if got[0].ID != PairRecordStale || len(got) != 1 {
		t.Errorf("got %s", tell(got))
	}
}
