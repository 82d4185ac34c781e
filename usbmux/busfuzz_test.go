package usbmux

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"
)

// seed adds the files of a folder.
func seed(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		f.Fatalf("%s: %v, %v", pattern, files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// holdDevices holds what every list of phones must be, wherever it came from.
func holdDevices(t *testing.T, list []HostDevice) {
	t.Helper()
	for _, d := range list {
		mode, ok := modeOf(d.ProductID)
		if !ok || mode != d.Mode || d.SpeedBitsPerSecond < 0 || d.OnBus < 0 || d.UDID != "" && CanonicalUDID(d.UDID) != d.UDID {
			t.Errorf("let through %+v", d)
		}
		for _, s := range []string{d.Serial, d.Product, d.Holder, d.Detail, d.BusPath} {
			if len(s) > 2*maxAttribute || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("let through %q", s)
			}
		}
	}
}

func holdPorts(t *testing.T, list []PortTrouble) {
	t.Helper()
	for _, p := range list {
		if p.Times < 1 || p.Ago < 0 || p.Kind == "" || strings.ContainsFunc(p.Port+p.Message, unicode.IsControl) {
			t.Errorf("let through %+v", p)
		}
	}
}

// FuzzSysfs reads any file tree, in the form of the fixtures, as /sys and /proc.
func FuzzSysfs(f *testing.F) {
	seed(f, "testdata/sysfs/*.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		tree := fstest.MapFS{}
		for line := range strings.Lines(string(data)) {
			name, content, file := strings.Cut(strings.TrimSpace(line), " =")
			link, target, isLink := strings.Cut(strings.TrimSpace(line), " -> ")
			switch {
			case isLink && fs.ValidPath(link):
				tree[link] = &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(target)}
			case file && fs.ValidPath(name):
				tree[name] = &fstest.MapFile{Data: []byte(content)}
			}
		}
		list, err := scanUSB(t.Context(), tree, func(bus, address int) string { return holderIn(tree, bus, address) })
		if err != nil && list != nil {
			t.Errorf("both %v and %v", list, err)
		}
		holdDevices(t, list)
		holdPorts(t, possible(tree, overCurrents(tree)))
	})
}

// FuzzKernelLog reads any records as /dev/kmsg and as the journal.
func FuzzKernelLog(f *testing.F) {
	seed(f, "testdata/kernel/*.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		var lines []logLine
		for line := range bytes.Lines(data) {
			for _, parse := range []func(string) (logLine, bool){parseKmsg, parseMonotonic} {
				if l, ok := parse(string(line)); ok {
					lines = append(lines, l)
				}
			}
		}
		for _, l := range lines {
			if l.at < 0 {
				t.Errorf("at %v: %q", l.at, l.text)
			}
		}
		for _, now := range []time.Duration{0, 60 * time.Second, 6004 * time.Second, math.MaxInt64 - time.Hour} {
			holdPorts(t, portsInLog(lines, now))
		}
	})
}

// FuzzIoreg reads any property list as ioreg's.
func FuzzIoreg(f *testing.F) {
	seed(f, "testdata/ioreg/*.plist")
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseIoreg(data)
		if err != nil && list != nil {
			t.Errorf("both %v and %v", list, err)
		}
		holdDevices(t, list)
	})
}

// FuzzSetupAPI reads any texts as Windows' list of devices.
func FuzzSetupAPI(f *testing.F) {
	seed(f, "testdata/setupapi/*.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		var list []pnpDevice
		if json.Unmarshal(data, &list) != nil {
			list = []pnpDevice{{InstanceID: string(data), Service: string(data), LocationPaths: []string{string(data)}, LocationInfo: string(data), Name: string(data)}}
		}
		now := time.Unix(1_764_000_000, 0)
		holdDevices(t, phonesInPnP(list, now))
		holdPorts(t, unreadableInPnP(list, now))
	})
}
