package store

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func FuzzRecord(f *testing.F) {
	good, _ := json.Marshal(record{Format: 1, ID: "20261122T103140Z-0012", UDID: udidA, Seal: strings.Repeat("a", 64)})
	f.Add(good)
	f.Add([]byte(`{"format":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseRecord(data)
		if err == nil && (!r.ID.Valid() || !validUDID(r.UDID) || r.Format != formatNumber) {
			t.Errorf("accepted %+v", r)
		}
	})
}

func FuzzMarks(f *testing.F) {
	f.Add([]byte(`{"format":1,"versions":{"20261122T103140Z-0012":{"pinned":true}}}`))
	f.Add([]byte(`{"format":1,"versions":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := parseMarks(data); err == nil && m.Versions == nil {
			t.Error("no map")
		}
	})
}

// FuzzSums holds the reader of SHA256SUMS to its promise: strictly rising paths,
// and the sum of the whole file.
func FuzzSums(f *testing.F) {
	line := strings.Repeat("ab", 32) + "  "
	f.Add([]byte(line + "a\n" + line + "b\n"))
	f.Add([]byte(line + "b\n" + line + "a\n"))
	f.Add([]byte(line))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newSumsReader(bytes.NewReader(data))
		last := ""
		for r.next() {
			if r.path <= last {
				t.Fatalf("%q after %q", r.path, last)
			}
			last = r.path
		}
		lines := r.lines
		if _, err := r.finish(); err == nil && lines != bytes.Count(data, []byte("\n")) && bytes.HasSuffix(data, []byte("\n")) {
			t.Errorf("%d lines of %d", lines, bytes.Count(data, []byte("\n")))
		}
	})
}
