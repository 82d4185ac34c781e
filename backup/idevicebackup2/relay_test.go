package idevicebackup2

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"homeport/backup"
	"homeport/cause"
)

func muxMessage(body string) string {
	head := make([]byte, 16)
	binary.LittleEndian.PutUint32(head, uint32(16+len(body)))
	return string(head) + body
}

func TestConnectPort(t *testing.T) {
	t.Parallel()
	connect := "<plist><dict><key>MessageType</key><string>Connect</string>\n\t<key>PortNumber</key>\n\t<integer>32498</integer></dict></plist>"
	list := "<plist><dict><key>MessageType</key><string>ListDevices</string></dict></plist>"
	for _, c := range []struct {
		head string
		want int
	}{
		{muxMessage(connect), 62078},
		{muxMessage(list) + muxMessage(connect), 62078},
		{muxMessage(list), 0},
		{muxMessage(connect)[:100], 0},
		{muxMessage(strings.Replace(connect, "32498", "99999", 1)), 0},
		{"\x00\x00\x00\x00aaaaaaaaaaaaaaaaaaaaaaa", 0},
		{"", 0},
	} {
		if got := connectPort([]byte(c.head)); got != c.want {
			t.Errorf("%q: %d, want %d", c.head, got, c.want)
		}
	}
}

// TestSilences judges every kind of silence a little before and after its limit.
func TestSilences(t *testing.T) {
	t.Parallel()
	d := DefaultDeadlines()
	waiting := said{port: 1, phase: backup.PhaseWaiting}
	receiving := said{port: 1, phase: backup.PhaseReceiving, bodies: true}
	scanning := said{port: 1, phase: backup.PhaseReceiving}
	for _, c := range []struct {
		what  string
		pulse pulse
		said  said
		want  cause.ID
	}{
		{"the passcode takes its time", pulse{quiet: 29 * time.Minute}, waiting, ""},
		{"nobody comes", pulse{quiet: 31 * time.Minute}, waiting, cause.TransferStalled},
		{"a long scan", pulse{quiet: 89 * time.Minute}, scanning, ""},
		{"too long a scan", pulse{quiet: 91 * time.Minute}, receiving, cause.TransferStalled},
		{"a pause inside a file", pulse{pending: 1 << 20, quiet: 59 * time.Second}, receiving, ""},
		{"no end inside a file", pulse{pending: 1 << 20, quiet: 61 * time.Second}, receiving, cause.TransferStalled},
		{"a few bytes of a file", pulse{pending: 100, quiet: 61 * time.Second}, receiving, cause.TransferStalled},
		{"PurgeDiskSpace", pulse{pending: 120, quiet: 61 * time.Second}, scanning, cause.HostDiskFull},
		{"PurgeDiskSpace, and the tool sleeps", pulse{pending: 120, quiet: 11 * time.Second, idle: 11 * time.Second}, scanning, cause.HostDiskFull},
		{"a short message, and the tool works", pulse{pending: 120, quiet: 59 * time.Second, idle: 2 * time.Second}, scanning, ""},
		{"a pause inside a file, and the tool sleeps", pulse{pending: 120, quiet: 59 * time.Second, idle: 59 * time.Second}, receiving, ""},
		{"the tool ends when the phone does", pulse{lost: time.Second}, receiving, ""},
		{"the tool does not notice", pulse{lost: 4 * time.Second}, receiving, cause.DeviceDisconnected},
		{"it says goodbye", pulse{lost: 4 * time.Second, quiet: 4 * time.Second}, said{port: 1, code: 208}, ""},
		{"for ever", pulse{lost: 61 * time.Second, quiet: 61 * time.Second}, said{port: 1, code: 208}, cause.ProtocolError},
		{"before the request", pulse{quiet: time.Hour}, said{port: 1, phase: backup.PhaseConnecting}, ""},
	} {
		err := d.judge(c.pulse, c.said)
		if id, _ := cause.Of(err); c.want == "" && err != nil || c.want != "" && id != c.want {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}
