package cause

import (
	"strings"
	"testing"
)

// lines is a log's usual noise.
func lines(n int) string {
	return strings.Repeat("10:15:02 Receiving files 208 of 1050 (21.4 MB/49.8 MB)\n", n)
}

func TestLastErrorOfALog(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		log  string
		want ID
	}{
		"an early warning": {
			"WARNING: Could not read Status.plist!\n" + lines(120) + "ErrorCode 105: Insufficient free disk space (MBErrorDomain/105)\n", HostDiskFullDuring,
		},
		"two errors": {
			lines(20) + "ErrorCode 208: Device locked (MBErrorDomain/208)\n" + lines(100) + "ERROR: Could not receive from mobilebackup2 (-4)\nBackup Aborted.\n", DeviceDisconnected,
		},
		"a question that was answered": {
			"Backup directory is \"b\"\n*** Waiting for passcode to be entered on the device ***\n" + lines(50) + "ERROR: Could not receive from mobilebackup2 (-4)\n", DeviceDisconnected,
		},
		"told in passing, then a success": {
			"*** Waiting for passcode to be entered on the device ***\n" + lines(50) + "Backup Successful.\n", Unknown,
		},
		"an error, then what is called a success": {
			lines(10) + "ERROR: write b/ab/ab12 of the iPhone: No space left on device\n" + lines(50) + "Backup Successful.\n", HostDiskFullDuring,
		},
		"debugging is not the failure": {
			lines(10) + "DEBUG usbmuxd: connection refused, trying again\n" + lines(10) + "ERROR lockdown: InvalidHostID\n", PairRecordStale,
		},
		"a contact that breaks": {
			strings.Repeat("kernel: usb 1-2: new high-speed USB device number 7 using xhci_hcd\nkernel: usb 1-2: Product: iPhone\nkernel: usb 1-2: USB disconnect, device number 7\n", 4), USBFlapping,
		},
		"nothing but noise": {lines(200), Unknown},
	} {
		if got := Match(tt.log); got[0].ID != tt.want {
			t.Errorf("%s: want %s, got %s", name, tt.want, tell(got))
		}
	}
}
