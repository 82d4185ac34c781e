package mobilesync

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkRows reads a Manifest.db of 100,000 rows.
func BenchmarkRows(b *testing.B) {
	dir := benchWorld(b, 100_000, false)
	b.ReportAllocs()
	for b.Loop() {
		f := open(b, dir)
		n := 0
		must(b, f.Rows(b.Context(), func(r Row) error { n++; return r.FileErr }))
		if n != 100_003 {
			b.Fatal(n)
		}
	}
}

// BenchmarkCheck compares 100,000 rows with as many bodies.
func BenchmarkCheck(b *testing.B) {
	dir := benchWorld(b, 100_000, true)
	b.ReportAllocs()
	for b.Loop() {
		r, err := open(b, dir).Check(b.Context(), testUDID, Options{})
		must(b, err)
		if !r.OK() {
			b.Fatal(r.Counts)
		}
	}
	status, _ := os.ReadFile("/proc/self/status")
	b.Log(string(status))
}

func BenchmarkDecodeMBFile(b *testing.B) {
	blob := mbfileBlob(b, "Media/DCIM/IMG.JPG", 12345)
	b.ReportAllocs()
	for b.Loop() {
		if m, err := DecodeMBFile(blob); err != nil || m.Size != 12345 {
			b.Fatal(err)
		}
	}
}

func benchWorld(b *testing.B, files int, bodies bool) string {
	w := newWorld(files)
	blob := map[int64][]byte{}
	for i := range w.rows {
		r := &w.rows[i]
		if blob[r.size] == nil {
			blob[r.size] = mbfileBlob(b, fmt.Sprintf("Media/DCIM/IMG_%06d.JPG", i), r.size)
		}
		r.blob = blob[r.size]
	}
	if !bodies {
		rows := w.rows
		w.rows = nil
		dir := w.build(b)
		w.rows, w.schema = rows, nil
		w.database(b, dir+"/"+testUDID+"/"+DatabaseFile)
		return dir
	}
	return w.build(b)
}
