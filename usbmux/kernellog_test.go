package usbmux

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPortsInLog(t *testing.T) {
	t.Parallel()
	second := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	unreadable := func(port string, times int, ago time.Duration, message string) PortTrouble {
		return PortTrouble{Port: port, Kind: Unreadable, Times: times, Ago: ago, Message: message}
	}
	tests := []struct {
		file string
		now  time.Duration
		want []PortTrouble
	}{
		{"charge", second(6004), []PortTrouble{
			unreadable("1-1", 1, second(2.6), "unable to enumerate USB device"),
			unreadable("1-3", 4, second(2.68), "unable to enumerate USB device"),
		}},
		{"charge", second(6000) + logWindow + second(2), nil},
		{"charge", second(5000), nil}, // another start of the computer
		{"loose", second(155), []PortTrouble{{Port: "2-1", Kind: Loose, Times: 4, Ago: second(5), Message: "phone found 4 times within a minute"}}},
		{"loose", second(215), nil},
		{"power", second(60), []PortTrouble{
			unreadable("1-1.3", 1, second(7), "unable to enumerate USB device"),
			{Port: "1-2.4", Kind: Power, Times: 1, Ago: second(10), Message: "rejected 1 configuration due to insufficient available bus power"},
			{Port: "1-6", Kind: Power, Times: 1, Ago: second(9), Message: "over-current condition"},
			{Port: "3-2", Kind: Power, Times: 1, Ago: second(8), Message: "over-current condition"},
		}},
		{"retried", second(23), nil},
		{"retried", second(26), []PortTrouble{unreadable("1-5", 2, second(3.8), "device descriptor read/64, error -71")}},
	}
	for _, tt := range tests {
		got := portsInLog(readRecords(t, "testdata/kernel/"+tt.file+".txt"), tt.now)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s at %v (-want +got):\n%s", tt.file, tt.now, diff)
		}
	}
}

// TestJournal reads the same from the journal's words.
func TestJournal(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/kernel/journal.txt")
	if err != nil {
		t.Fatal(err)
	}
	var lines []logLine
	for line := range strings.Lines(string(data)) {
		if l, ok := parseMonotonic(strings.TrimRight(line, "\n")); ok {
			lines = append(lines, l)
		}
	}
	got := portsInLog(lines, 6003*time.Second)
	want := []PortTrouble{{Port: "1-3", Kind: Unreadable, Times: 2, Ago: 1680 * time.Millisecond, Message: "unable to enumerate USB device"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPossible holds that what is wired inside the computer, and what has been
// read since, is nobody's phone.
func TestPossible(t *testing.T) {
	t.Parallel()
	root := readTree(t, "testdata/sysfs/ports.txt")
	counts := overCurrents(root)
	want := []PortTrouble{
		{Port: "1-3", Kind: Power, Times: 2, Undated: true, Message: "over-current count 2"},
		{Port: "1-5", Kind: Power, Times: 7, Undated: true, Message: "over-current count 7"},
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	list := append(counts, PortTrouble{Port: "1-1", Kind: Unreadable}, PortTrouble{Port: "1-4.2", Kind: Unreadable},
		PortTrouble{Port: "1-4.4", Kind: Unreadable}, PortTrouble{Port: "9-9", Kind: Unreadable})
	var left []string
	for _, p := range possible(root, list) {
		left = append(left, p.Port)
	}
	if diff := cmp.Diff([]string{"1-3", "1-4.2", "9-9"}, left); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPortOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"usb 1-3: x": "1-3", "usb 1-1.4.2: x": "1-1.4.2", "usb usb2-port6: x": "2-6", "usb 1-1-port4: x": "1-1.4", "usb 1-1.2-port1: x": "1-1.2.1",
		"hub 1-0:1.0: unable to enumerate USB device on port 3": "1-3", "hub 1-1:1.0: over-current condition on port 2": "1-1.2",
		"hub 1-1.4:1.0: port 3 disabled by hub (EMI?), re-enabling...": "1-1.4.3",
		"hub 1-0:1.0: USB hub found":                                   "", "usb usb1: x": "", "usbcore: registered": "", "usb 1-3:1.0: x": "", "usb 1-3": "", "": "",
		"usb 1234567-1: x": "", "usb 1-\u0663: x": "",
	} {
		if got, _, ok := portOf(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
}
