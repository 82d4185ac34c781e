package cause

import (
	"strings"
	"testing"
)

func TestDoes(t *testing.T) {
	t.Parallel()
	for id, want := range map[ID]string{
		DeviceLocked:              "Homeport tries again by itself when the iPhone is unlocked.",
		PasscodePromptUnanswered:  "Homeport tries once more by itself when the iPhone is unlocked.",
		DeviceDisconnected:        "Homeport tries again by itself when the iPhone is plugged in again.",
		MuxConnectFailed:          "Homeport tries again by itself, up to 3 times.",
		HostDiskFull:              "Homeport does not try again by itself; plug the iPhone in anew or start the backup when that is done.",
		PairingProhibitedByPolicy: "Homeport does not try again by itself: it would end the same way.",
		NotTrusted:                "Homeport keeps trying for 5 minutes and goes on by itself.",
		ICloudRestoreRunning:      "Homeport tries again by itself, after an hour.",
		USBViaHub:                 "Homeport makes the backup all the same.",
		PreviousBackupCorrupt:     "Homeport makes a full backup next, by itself.",
		VersionDamaged:            "Homeport tries again by itself, with a full backup.",
		HostSlept:                 "Homeport tries again by itself when the computer is awake.",
		DestinationMissing:        "Homeport tries again by itself when what is missing is back.",
		FindMyOn:                  "Homeport does not start a restore again by itself.",
		EncryptionOff:             "",
	} {
		row, _ := Lookup(id)
		if got := row.Does(); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	for _, row := range All() {
		if does := row.Does(); row.Severity == Fail && !strings.HasPrefix(does, "Homeport ") || does != "" && !strings.HasSuffix(does, ".") {
			t.Errorf("%s: %q", row.ID, does)
		}
	}
}
