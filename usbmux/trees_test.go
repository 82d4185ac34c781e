package usbmux

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// readTree makes a file tree of a text: a line per file ("path = content") or
// link ("path -> target"). The names in sysfs hold colons, which file names may
// not everywhere.
func readTree(t testing.TB, path string) fstest.MapFS {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if name, target, link := strings.Cut(line, " -> "); link {
			tree[name] = &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(target)}
		} else if name, content, file := strings.Cut(line, " ="); file && !strings.HasPrefix(line, "#") {
			tree[name] = &fstest.MapFile{Data: []byte(strings.TrimSpace(content) + "\n")}
		} else if line != "" && !strings.HasPrefix(line, "#") {
			t.Fatalf("%s: no file and no link: %q", path, line)
		}
	}
	return tree
}

// readRecords reads a text of /dev/kmsg as its records; lines that begin with a
// space belong to the one before.
func readRecords(t testing.TB, path string) []logLine {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var records []string
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " ") && len(records) > 0:
			records[len(records)-1] += line
		default:
			records = append(records, line)
		}
	}
	var lines []logLine
	for _, r := range records {
		if l, ok := parseKmsg(r); ok {
			lines = append(lines, l)
		}
	}
	return lines
}

// nobody holds no device.
func nobody(int, int) string { return "" }
